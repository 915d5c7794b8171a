"""DELETE /refreshes/{name}: stop a run."""

from golden_image.api import Answer, answer, endpoint, linked, run_name
from golden_image.observability import Event
from golden_image.refreshes import Refreshes


@endpoint
def handler(event: Event) -> Answer:
    """202 with the run, which is aborted; what it made so far is undone after this answer."""
    return answer(202, linked(Refreshes.from_env().stop(run_name(event))))
