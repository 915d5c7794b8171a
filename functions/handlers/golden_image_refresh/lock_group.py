"""Lock Group: one run for each group, source and launch template, and its row in the ledger."""

from golden_image.model.plan import Plan
from golden_image.run import ledger
from golden_image.step import step


@step
def handler(plan: Plan) -> None:
    """Takes the locks of the plan and writes its row."""
    ledger.lock(plan)
