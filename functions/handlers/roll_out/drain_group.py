"""Drain Group: set the group to zero, so that all of its instances are terminated."""

from golden_image.model.group import Sizes
from golden_image.roll_out import drain
from golden_image.step import step


@step
def handler(run: str, group_name: str) -> Sizes:
    """Returns before the instances are terminated, with the sizes from before."""
    return drain.drain(run, group_name)
