"""Check Image: is the image available, and which snapshots does it have?"""

from golden_image import image
from golden_image.image import ImageCheck
from golden_image.observability import Event, step


@step
def handler(event: Event) -> ImageCheck:
    """Takes `imageId`, and `waited` and `limit` in seconds."""
    return image.check(event["imageId"], event["waited"], event["limit"])
