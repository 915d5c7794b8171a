"""Restore Capacity: launch instances of the new image."""

from golden_image import rollout
from golden_image.events import from_event
from golden_image.group import Sizes
from golden_image.observability import Event, step


@step
def handler(event: Event) -> None:
    """Takes `groupName` and `sizes`."""
    rollout.restore_capacity(event["groupName"], from_event(Sizes, event["sizes"]))
