"""Register Image: the image, from the snapshots, with everything that the source has."""

from golden_image.image import registration
from golden_image.model.image import Image, Snapshot
from golden_image.model.source import Source
from golden_image.step import step


@step
def handler(run: str, image: Image, source: Source, snapshots: list[Snapshot]) -> dict[str, str]:
    """Answers `imageId`; the image is not available yet."""
    return {"imageId": registration.register(run, image, source, snapshots)}
