"""Unlock Group: release the run's locks and remove its row from the ledger."""

from golden_image import ledger
from golden_image.observability import Event, step


@step
def handler(event: Event) -> None:
    """Takes `run`."""
    ledger.unlock(event["run"])
