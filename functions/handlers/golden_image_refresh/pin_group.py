"""Pin Group: `$Latest` or `$Default` of a group that is to be rolled becomes the number of that version."""

from golden_image.group import pinning
from golden_image.step import step


@step
def handler(run: str, group_name: str) -> None:
    """Nothing that the group launches changes by this."""
    pinning.pin(run, group_name)
