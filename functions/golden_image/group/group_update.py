"""The update of a group that exists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.group import group, members, mixed, target_groups
from golden_image.group.visibility import raise_if_new
from golden_image.model.group import NONE
from golden_image.roll_out import refusals
from golden_image.run import changes, rolls

if TYPE_CHECKING:
    from golden_image.model.group import GroupPlan, Sizes
    from golden_image.model.launch_template import LaunchTemplate
    from golden_image.model.plan import Timeouts


def update(run: str, plan: GroupPlan, template: LaunchTemplate, rollout: str, timeouts: Timeouts) -> Sizes:
    """Give an existing group the new version, and the settings that the input states.

    A group that a plan would refuse now is refused: that of the run may be a day old. What the group is goes
    into the ledger before. Sizes change here only where nothing is drained, and only those that the input
    states: the others belong to whoever set them last, maybe after the plan.

    Answers the sizes just before.

    Raises:
        GroupNotSupported: the rollout could not finish or be undone, by what somebody did after the plan.
        NotYetVisible: the group is not shown.
        ResourceBusy, NotYetVisible: a new instance profile or the version has not reached Auto Scaling yet.
        RunSettled: the run no longer decides about the group.
    """
    found = group.visible(plan.name)
    refusals.refuse_unordered(plan, group.sizes(found))
    balanced = target_groups.has_traffic(found, plan.target_group_arns)
    refusals.refuse_unfinishable(found, rollout, timeouts, balanced=balanced)
    had = tuple(members.launched(found["Instances"], [template.version_id]))
    before = changes.note_group(run, group.state(found, plan.notification_topic_arn), template, had)
    try:
        aws.client("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName=plan.name,
            **mixed.launching(found, template.id, str(template.version)),
            **group.settings(plan),
            **(group.size_settings(plan.stated_sizes) if rollout == NONE else {}),
        )
    except ClientError as error:
        raise_if_new(error, template)
        raise
    return before.sizes


def update_settings(run: str, plan: GroupPlan) -> None:
    """Give a group that was rolled the settings that the input states; it has the version already.

    What the group is goes into the ledger before.

    Raises:
        GroupNotSupported: its sizes do not go with the stated ones any more.
        NotYetVisible: the group is not shown.
        RunSettled: the run no longer decides about the group.
    """
    found = group.visible(plan.name)
    refusals.refuse_unordered(plan, group.sizes(found))
    rolls.note_settings(run, group.state(found, plan.notification_topic_arn))
    if asked := group.settings(plan) | group.size_settings(plan.stated_sizes):
        aws.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=plan.name, **asked)
