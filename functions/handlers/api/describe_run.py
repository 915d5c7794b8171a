"""GET /refreshes/{name}: one run."""

from golden_image.api import approvals
from golden_image.api.http import Answer, Request, answer, endpoint, linked


@endpoint
def handler(request: Request) -> Answer:
    """200 with the run's status, and its state, progress and approval, its output, or its error and cause."""
    return answer(200, linked(request, approvals.describe(request.run_name())))
