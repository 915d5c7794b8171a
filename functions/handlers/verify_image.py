"""Verify Image: is the image like its source in all that matters?"""

from golden_image import image
from golden_image.events import from_event
from golden_image.observability import Event, step
from golden_image.source import Source


@step
def handler(event: Event) -> None:
    """Takes `run`, `imageId` and `source`."""
    image.verify(event["run"], event["imageId"], from_event(Source, event["source"]))
