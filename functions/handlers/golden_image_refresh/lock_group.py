"""Lock Group: one run for each group, source and launch template, and its row in the ledger."""

from typing import Any

from golden_image.run import ledger, planned
from golden_image.step import step


@step
def handler(plan: dict[str, Any], undo: str) -> None:
    """`undo` is the ARN of the workflow undo, in the version that the run is to be undone by."""
    ledger.lock(planned.read(plan), undo)
