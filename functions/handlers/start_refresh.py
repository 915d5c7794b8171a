"""POST /refreshes: start a run."""

from golden_image.api import Answer, answer, endpoint, header, json_body, linked
from golden_image.observability import Event
from golden_image.refreshes import Refreshes


@endpoint
def handler(event: Event) -> Answer:
    """202 with the run that is under way; 200 with the ended one that the Idempotency-Key had started."""
    refresh = Refreshes.from_env().start(json_body(event), header(event, "Idempotency-Key"))
    body = linked(refresh)
    # Relative to the request's own URL, so that it holds behind a stage and behind a custom domain.
    return answer(202 if refresh.status == "RUNNING" else 200, body, Location=f".{body['links']['self']}")
