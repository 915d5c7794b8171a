"""Unlock Group: release the run's locks and remove its row from the ledger."""

from golden_image.run import ledger
from golden_image.step import step


@step
def handler(run: str) -> None:
    """Releases what the run has locked."""
    ledger.unlock(run)
