"""The schedule's target: start the run of a scheduled time."""

from golden_image.observability import Event, step
from golden_image.refreshes import Refreshes, ScheduledStart


@step
def handler(event: Event) -> ScheduledStart:
    """The name of the scheduled time's run, and whether this delivery started it."""
    return Refreshes.from_env().start_scheduled(event)
