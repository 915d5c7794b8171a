"""Create Image: for a source whose billing data RegisterImage would lose."""

from golden_image import image
from golden_image.events import from_event
from golden_image.image import Image
from golden_image.observability import Event, step


@step
def handler(event: Event) -> dict[str, str]:
    """Takes `run`, `instanceId` and `image`; answers `imageId`."""
    wanted = from_event(Image, event["image"])
    return {"imageId": image.create(event["run"], wanted, event["instanceId"])}
