"""Roll Back: remove what the run made, give the source and the group back their state."""

from golden_image import roll_back
from golden_image.observability import Event, step
from golden_image.polling import Check


@step
def handler(event: Event) -> Check:
    """Takes `run`, and `waited` and `limit` in seconds."""
    return roll_back.undo(event["run"], event["waited"], event["limit"])
