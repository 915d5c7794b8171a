"""Lock Group: one run for each group, source and launch template, and its row in the ledger."""

from golden_image.model.plan import Plan
from golden_image.run import ledger
from golden_image.step import step


@step
def handler(plan: Plan, undo: str) -> None:
    """`undo` is the ARN of the workflow undo, in the version that the run is to be undone by."""
    ledger.lock(plan, undo)
