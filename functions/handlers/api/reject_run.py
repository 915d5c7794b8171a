"""POST /refreshes/{name}/reject: have a run undone that waits for approval."""

from golden_image.api import approvals
from golden_image.api.http import Answer, Request, answer, endpoint, linked


@endpoint
def handler(request: Request) -> Answer:
    """200 with the run, its question and the answer to it; it is undone after this answer."""
    name, body, caller = request.run_name(), request.json_body(), request.caller()
    return answer(200, linked(request, approvals.give(name, body, caller, approved=False)))
