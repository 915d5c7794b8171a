"""The schedule's target: start the run of a scheduled time."""

from typing import Any

from golden_image.api import start
from golden_image.api.start import ScheduledStart
from golden_image.step import step


@step
def handler(scheduled_time: Any, input_: Any = None, source_instance_id: Any = None) -> ScheduledStart:
    """The run of the scheduled time, whichever delivery of it this is."""
    return start.start_scheduled(scheduled_time, {} if input_ is None else input_, source_instance_id)
