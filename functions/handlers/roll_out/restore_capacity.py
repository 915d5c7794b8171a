"""Restore Capacity: launch instances of the new image."""

from golden_image.model.group import StatedSizes
from golden_image.roll_out import capacity
from golden_image.roll_out.capacity import Restored
from golden_image.step import step


@step
def handler(run: str, group_name: str, stated_sizes: StatedSizes) -> Restored:
    """Returns before the instances are in service."""
    return capacity.restore(run, group_name, stated_sizes)
