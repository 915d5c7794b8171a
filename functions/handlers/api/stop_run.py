"""DELETE /refreshes/{name}: stop a run."""

from golden_image.api import runs
from golden_image.api.http import Answer, Request, answer, endpoint, linked


@endpoint
def handler(request: Request) -> Answer:
    """202 with the run, which is aborted; what it made so far is undone after this answer."""
    return answer(202, linked(request, runs.stop(request.run_name())))
