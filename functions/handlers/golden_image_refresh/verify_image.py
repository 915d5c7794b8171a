"""Verify Image: is the image like its source in all that matters?"""

from golden_image.image import likeness
from golden_image.model.source import Source
from golden_image.step import step


@step
def handler(run: str, image_id: str, source: Source) -> None:
    """Ends the run where it is not."""
    likeness.verify(run, image_id, source)
