"""Check Image: is the image available, and which snapshots does it have?"""

from golden_image.image import checks
from golden_image.model.check import ImageCheck
from golden_image.step import step


@step
def handler(image_id: str, waited: int, limit: int) -> ImageCheck:
    """`waited` and `limit` are seconds."""
    return checks.check(image_id, waited, limit)
