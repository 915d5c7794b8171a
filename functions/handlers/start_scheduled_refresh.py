"""The schedule's target: start the run of a scheduled time."""

from golden_image.observability import Event, step
from golden_image.refreshes import Refreshes, ScheduledStart


@step
def handler(event: Event) -> ScheduledStart:
    """The run of the scheduled time, whichever delivery of it this is."""
    return Refreshes.from_env().start_scheduled(event)
