"""POST /refreshes: start a run."""

from golden_image.api import start
from golden_image.api.http import Answer, Request, answer, endpoint, linked


@endpoint
def handler(request: Request) -> Answer:
    """202 with the run that is under way; 200 with the ended one that the Idempotency-Key had started."""
    run = start.start(request.json_body(), request.header("Idempotency-Key"), request.caller())
    body = linked(request, run)
    return answer(202 if run.status == "RUNNING" else 200, body, Location=body["links"]["self"])
