"""GET /openapi.json: the API's description."""

from golden_image.api.http import Answer, Request, answer, endpoint
from golden_image.api.openapi import document


@endpoint
def handler(_request: Request) -> Answer:
    """200 with the OpenAPI document."""
    return answer(200, document())
