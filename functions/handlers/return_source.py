"""Return Source: start the source again."""

from golden_image import source
from golden_image.observability import Event, step


@step
def handler(event: Event) -> None:
    """Takes `instanceId`."""
    source.start(event["instanceId"])
