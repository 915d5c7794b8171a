"""GET /refreshes/{name}: one run."""

from golden_image.api import runs
from golden_image.api.http import Answer, Request, answer, endpoint, linked


@endpoint
def handler(request: Request) -> Answer:
    """200 with the run's status, and its state and progress, its output, or its error and cause."""
    return answer(200, linked(request, runs.describe(request.run_name())))
