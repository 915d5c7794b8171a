"""Roll Back: remove what the run made, give the source and the group back their state."""

from golden_image import roll_back
from golden_image.observability import Event, step


@step
def handler(event: Event) -> None:
    """Takes `run`."""
    roll_back.undo(event["run"])
