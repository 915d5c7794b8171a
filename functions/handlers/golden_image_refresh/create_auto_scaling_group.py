"""Create Auto Scaling Group: a new group on the new launch template version."""

from golden_image.group import group as groups
from golden_image.model.group import GroupPlan
from golden_image.model.launch_template import LaunchTemplate
from golden_image.step import step


@step
def handler(run: str, instance_id: str, group: GroupPlan, launch_template: LaunchTemplate) -> None:
    """The group launches its instances after this."""
    groups.create(run, instance_id, group, launch_template)
