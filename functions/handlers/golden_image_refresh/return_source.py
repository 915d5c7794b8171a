"""Return Source: start the source again."""

from golden_image.source import power
from golden_image.step import step


@step
def handler(instance_id: str) -> None:
    """Returns before the source is running."""
    power.start(instance_id)
