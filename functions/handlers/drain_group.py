"""Drain Group: set the group to zero, so that all of its instances are terminated."""

from golden_image import rollout
from golden_image.observability import Event, step


@step
def handler(event: Event) -> None:
    """Takes `groupName`."""
    rollout.drain(event["groupName"])
