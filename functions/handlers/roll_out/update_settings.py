"""Update Settings: sizes, subnets and health checks of a group that was rolled."""

from golden_image.group import group_update
from golden_image.model.group import GroupPlan
from golden_image.step import step


@step
def handler(run: str, group: GroupPlan) -> None:
    """Sets what the input states; the group has the run's version already."""
    group_update.update_settings(run, group)
