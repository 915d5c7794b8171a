"""Lock Group: one run for each group, source and launch template, and its row in the ledger."""

from golden_image import ledger
from golden_image.events import from_event
from golden_image.observability import Event, step
from golden_image.plan import Plan


@step
def handler(event: Event) -> None:
    """Takes `plan`."""
    ledger.lock(from_event(Plan, event["plan"]))
