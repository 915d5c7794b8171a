"""Restore Capacity: launch instances of the new image."""

from golden_image.model.group import Sizes
from golden_image.roll_out import capacity
from golden_image.step import step


@step
def handler(run: str, group_name: str, sizes: Sizes) -> None:
    """Returns before the instances are in service."""
    capacity.restore(run, group_name, sizes)
