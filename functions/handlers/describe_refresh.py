"""GET /refreshes/{name}: one run."""

from golden_image.api import Answer, answer, endpoint, linked, run_name
from golden_image.observability import Event
from golden_image.refreshes import Refreshes


@endpoint
def handler(event: Event) -> Answer:
    """200 with the run's status, and its state and progress, its output, or its error and cause."""
    return answer(200, linked(Refreshes.from_env().describe(run_name(event))))
