"""Create Image: for a source whose billing data RegisterImage would lose."""

from golden_image.image import registration
from golden_image.model.image import Image
from golden_image.model.source import Source
from golden_image.step import step


@step
def handler(run: str, image: Image, source: Source) -> dict[str, str]:
    """Answers `imageId`; the image is not available yet."""
    return {"imageId": registration.create(run, image, source)}
