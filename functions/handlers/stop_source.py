"""Stop Source: ask EC2 to stop the source."""

from golden_image import source
from golden_image.observability import Event, step


@step
def handler(event: Event) -> None:
    """Takes `instanceId`."""
    source.stop(event["instanceId"])
