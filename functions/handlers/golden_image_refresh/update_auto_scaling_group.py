"""Update Auto Scaling Group: an existing group on the new launch template version."""

from golden_image.group import group as groups
from golden_image.model.group import GroupPlan
from golden_image.model.launch_template import LaunchTemplate
from golden_image.step import step


@step
def handler(group: GroupPlan, launch_template: LaunchTemplate, rollout: str) -> None:
    """The group's instances stay; new ones are launched from the version."""
    groups.update(group, launch_template, rollout)
