"""Create Image: for a source whose billing data RegisterImage would lose."""

from golden_image.image import registration
from golden_image.model.image import Image
from golden_image.step import step


@step
def handler(run: str, instance_id: str, image: Image) -> dict[str, str]:
    """Answers `imageId`; the image is not available yet."""
    return {"imageId": registration.create(run, image, instance_id)}
