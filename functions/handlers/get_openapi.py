"""GET /openapi.json: the API's description."""

from golden_image.api import Answer, answer, endpoint
from golden_image.observability import Event
from golden_image.openapi import document


@endpoint
def handler(_event: Event) -> Answer:
    """200 with the OpenAPI document."""
    return answer(200, document())
