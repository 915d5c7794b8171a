"""Sweep Runs: clean up after runs that ended where no state could catch it."""

from golden_image import ledger, sweeper
from golden_image.observability import Event, step


@step
def handler(event: Event) -> dict[str, list[str]]:
    """Takes an "Execution Status Change" event for its one run, or a schedule's for all; answers `clean`."""
    ended = event.get("detail", {}).get("executionArn")
    return {"clean": sweeper.sweep([ended] if ended else ledger.open_runs())}
