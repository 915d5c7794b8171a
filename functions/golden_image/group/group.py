"""The Auto Scaling group: creation, update, restoration and deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws, tags
from golden_image.errors import GroupNotSupported, NotYetVisible, ResourceBusy
from golden_image.group import options
from golden_image.model.group import NONE, GroupState, GroupTag, Sizes

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef, LaunchTemplateSpecificationTypeDef

    from golden_image.model.group import GroupPlan
    from golden_image.model.launch_template import LaunchTemplate


def find(group_name: str) -> AutoScalingGroupTypeDef | None:
    """Auto Scaling's description of the group."""
    found = aws.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group_name])
    return found["AutoScalingGroups"][0] if found["AutoScalingGroups"] else None


def state(group: AutoScalingGroupTypeDef, topic_arn: str | None) -> GroupState:
    """The group as it is now, for the ledger."""
    template = group.get("LaunchTemplate", {})
    own = group.get("Tags", [])
    return GroupState(
        launch_template_id=template.get("LaunchTemplateId"),
        launch_template_version=template.get("Version"),
        launch_configuration=group.get("LaunchConfigurationName"),
        sizes=sizes(group),
        subnet_ids=tuple(filter(None, group.get("VPCZoneIdentifier", "").split(","))),
        health_check_type=group["HealthCheckType"],
        health_check_grace_period=group.get("HealthCheckGracePeriod", 0),
        target_group_arns=tuple(group.get("TargetGroupARNs", [])),
        tags=tuple(GroupTag(t["Key"], t.get("Value", ""), t.get("PropagateAtLaunch", False)) for t in own),
        target_cpu=options.target_cpu(group["AutoScalingGroupName"]),
        notification_types=options.notification_types(group["AutoScalingGroupName"], topic_arn),
        suspended_processes=tuple(p["ProcessName"] for p in group.get("SuspendedProcesses", [])),
    )


def sizes(group: AutoScalingGroupTypeDef) -> Sizes:
    """The sizes that the group has now."""
    return Sizes(group["MinSize"], group["MaxSize"], group["DesiredCapacity"])


def create(run: str, instance_id: str, plan: GroupPlan, template: LaunchTemplate) -> None:
    """Create the group with all of its settings but policy and notifications; adopt a lost try's.

    Raises:
        GroupNotSupported: a group of that name has appeared since the plan.
        ResourceBusy: a new instance profile has not reached Auto Scaling yet.
        NotYetVisible: the group exists but is not visible yet.
    """
    marks = [GroupTag(key, value, propagate=False) for key, value in tags.of_run(run, instance_id).items()]
    try:
        aws.client("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=plan.name,
            LaunchTemplate=_pinned(template.id, str(template.version)),
            Tags=options.tag_list(plan.name, plan.stated_tags + marks),
            TargetGroupARNs=list(plan.target_group_arns or ()),
            **_settings(plan),
            **_sizes(plan.sizes),
        )
    except ClientError as error:
        _retry_unknown_profile(error)
        _adopt(run, plan.name, error)


def _adopt(run: str, group_name: str, error: ClientError) -> None:
    """Take over this run's group of that name, where the error says that the name is in use."""
    if aws.code(error) != "AlreadyExists":
        raise error
    what = f"Auto Scaling group '{group_name}'"
    refusal = GroupNotSupported(f"{what} was created by something else after the plan. Start a new run.")
    tags.adopted(run, find(group_name), what, lambda _: refusal)


def _retry_unknown_profile(error: ClientError) -> None:
    if aws.code(error) == "ValidationError" and "instance profile" in str(error).lower():
        raise ResourceBusy(f"the instance profile has not reached Auto Scaling yet: {error}") from error


def update(plan: GroupPlan, template: LaunchTemplate, rollout: str) -> None:
    """Give an existing group the new version, and the settings that the input states.

    Sizes change here only where nothing is drained; a drain and what follows it set their own.

    Raises:
        ResourceBusy: a new instance profile has not reached Auto Scaling yet.
    """
    try:
        aws.client("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName=plan.name,
            LaunchTemplate=_pinned(template.id, str(template.version)),
            **_settings(plan),
            **(_sizes(plan.sizes) if rollout == NONE else {}),
        )
    except ClientError as error:
        _retry_unknown_profile(error)
        raise


def resize(group_name: str, sizes: Sizes) -> None:
    """Set all three sizes at once: one alone would silently move the others.

    A busy group answers ScalingActivityInProgress, which the workflow retries as ResourceBusy.
    """
    aws.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=group_name, **_sizes(sizes))


def configure(plan: GroupPlan) -> None:
    """Set the settings with calls of their own: target groups, tags, policy and notifications.

    The group is read only for facts that the plan cannot have: whether a new group is visible yet, and which
    target groups an earlier try has left attached.

    Raises:
        NotYetVisible: the group is not visible.
    """
    if plan.before and plan.target_group_arns is not None:
        options.set_target_groups(visible(plan.name), plan.target_group_arns)
    elif not plan.before and plan.states_scaling_or_notifications:
        visible(plan.name)
    options.apply(plan)


def visible(group_name: str) -> AutoScalingGroupTypeDef:
    """Auto Scaling's description of a group that exists.

    Raises:
        NotYetVisible: it is not visible.
    """
    found = find(group_name)
    if found is None:
        raise NotYetVisible(f"Auto Scaling group '{group_name}' is not visible")
    return found


def restore(plan: GroupPlan, before: GroupState) -> bool:
    """Restore all settings of an existing group that `update` and `configure` may have changed.

    A run changes the launch template version first, and this call restores it last, with the sizes. So a
    group that has its version from before is left alone, whatever has happened to it since. Answers whether
    there was something to restore.
    """
    found = find(plan.name)
    if found is None or _launches_from(found) == before.launches_from:
        return False
    options.restore(plan, before, found)
    if before.launch_template_id and before.launch_template_version:
        launch: dict[str, Any] = {
            "LaunchTemplate": _pinned(before.launch_template_id, before.launch_template_version)
        }
    else:
        launch = {"LaunchConfigurationName": before.launch_configuration}
    # A group that was made with Availability Zones only has no subnets to go back to.
    if before.subnet_ids:
        launch["VPCZoneIdentifier"] = ",".join(before.subnet_ids)
    aws.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=plan.name,
        HealthCheckType=before.health_check_type,
        HealthCheckGracePeriod=before.health_check_grace_period,
        **launch,
        **_sizes(before.sizes),
    )
    return True


def _launches_from(found: AutoScalingGroupTypeDef) -> tuple[str | None, ...]:
    template = found.get("LaunchTemplate", {})
    return (
        template.get("LaunchTemplateId"),
        template.get("Version"),
        found.get("LaunchConfigurationName"),
    )


def _pinned(template_id: str, version: str) -> LaunchTemplateSpecificationTypeDef:
    return {"LaunchTemplateId": template_id, "Version": version}


def _sizes(sizes: Sizes) -> dict[str, Any]:
    return {
        "MinSize": sizes.min_size,
        "MaxSize": sizes.max_size,
        "DesiredCapacity": sizes.desired_capacity,
    }


def _settings(plan: GroupPlan) -> dict[str, Any]:
    """The stated settings that CreateAutoScalingGroup and UpdateAutoScalingGroup take alike."""
    stated = {
        "VPCZoneIdentifier": ",".join(plan.subnet_ids) if plan.subnet_ids is not None else None,
        "HealthCheckType": plan.health_check_type,
        "HealthCheckGracePeriod": plan.health_check_grace_period,
    }
    return {name: value for name, value in stated.items() if value is not None}
