"""Update Auto Scaling Group: an existing group on the new launch template version."""

from golden_image.group import group_update
from golden_image.model.group import GroupPlan, Sizes
from golden_image.model.launch_template import LaunchTemplate
from golden_image.model.plan import Timeouts
from golden_image.step import step


@step
def handler(
    run: str, group: GroupPlan, launch_template: LaunchTemplate, rollout: str, timeouts: Timeouts
) -> Sizes:
    """The group's instances stay; new ones are launched from the version. Answers the sizes from before."""
    return group_update.update(run, group, launch_template, rollout, timeouts)
