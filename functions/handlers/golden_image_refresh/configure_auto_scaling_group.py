"""Configure Auto Scaling Group: target groups, tags, scaling policy, notifications."""

from golden_image.group import group as groups
from golden_image.model.group import GroupPlan
from golden_image.step import step


@step
def handler(run: str, group: GroupPlan) -> None:
    """Sets what the plan states."""
    groups.configure(run, group)
