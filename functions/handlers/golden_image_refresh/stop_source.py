"""Stop Source: stop the source."""

from golden_image.source import power
from golden_image.step import step


@step
def handler(instance_id: str) -> None:
    """Returns before the source is stopped."""
    power.stop(instance_id)
