"""POST /groups/{name}/go-back: start a run that gives the group one of its generations again."""

from golden_image.api import start
from golden_image.api.http import Answer, Request, answer, endpoint, linked


@endpoint
def handler(request: Request) -> Answer:
    """202 with the run that is under way; 200 with the ended one that the Idempotency-Key had started."""
    key, caller = request.header("Idempotency-Key"), request.caller()
    run = start.go_back(request.group_name(), request.json_body(), key, caller)
    body = linked(request, run)
    return answer(202 if run.status == "RUNNING" else 200, body, Location=body["links"]["self"])
