"""Sweep Runs: undo runs that ended in a way that no state can catch, start owed sources, write metrics."""

from typing import Any

from golden_image.step import step
from golden_image.undo import removal, sweeper


@step
def sweep(detail: Any = None) -> dict[str, list[str]]:
    """Takes an "Execution Status Change" event for its one run, or a schedule's for all; answers `clean`."""
    # A schedule of EventBridge Scheduler that has no input of its own sends the text "{}" as detail.
    ended = detail.get("executionArn") if isinstance(detail, dict) else None
    return {"clean": sweeper.sweep_ended(ended) if ended else sweeper.sweep_all()}


def handler(event: Any, context: Any) -> Any:
    """A sweep, or the answer to CloudFormation whether the stack may be removed."""
    return removal.answer(event) if removal.is_asked(event) else sweep(event, context)
