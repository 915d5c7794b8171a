"""Sweep Runs: clean up after runs that ended where no state could catch it."""

from golden_image import ledger, sweeper
from golden_image.observability import Event, step


@step
def handler(event: Event) -> dict[str, list[str]]:
    """Takes an "Execution Status Change" event for its one run, or a schedule's for all; answers `clean`."""
    # A schedule of EventBridge Scheduler that has no input of its own sends the text "{}" as detail.
    detail = event.get("detail")
    ended = detail.get("executionArn") if isinstance(detail, dict) else None
    return {"clean": sweeper.sweep([ended] if ended else ledger.open_runs())}
