"""Register Image: the image, from the snapshots, with everything that the source has."""

from golden_image import image
from golden_image.events import from_event
from golden_image.image import Image
from golden_image.observability import Event, step
from golden_image.snapshots import Snapshot
from golden_image.source import Source


@step
def handler(event: Event) -> dict[str, str]:
    """Takes `run`, `image`, `source` and `snapshots`; answers `imageId`."""
    wanted = from_event(Image, event["image"])
    made = [from_event(Snapshot, snapshot) for snapshot in event["snapshots"]]
    return {"imageId": image.register(event["run"], wanted, from_event(Source, event["source"]), made)}
