"""The Auto Scaling group: what it is now, creation and configuration."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws, tags
from golden_image.errors import GroupNotSupported, NotYetVisible
from golden_image.group import options
from golden_image.group.visibility import raise_if_new
from golden_image.model.group import GroupState, GroupTag, Sizes
from golden_image.run import changes, made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef, LaunchTemplateSpecificationTypeDef

    from golden_image.model.group import GroupPlan, StatedSizes
    from golden_image.model.launch_template import LaunchTemplate
    from golden_image.model.made import Made


def find(group_name: str) -> AutoScalingGroupTypeDef | None:
    """Auto Scaling's description of the group."""
    found = aws.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group_name])
    return found["AutoScalingGroups"][0] if found["AutoScalingGroups"] else None


def state(group: AutoScalingGroupTypeDef, topic_arn: str | None) -> GroupState:
    """The group as it is now, for the ledger."""
    policy = options.scaling_policy(group["AutoScalingGroupName"])
    return replace(
        state_without_options(group),
        target_cpu=options.target_cpu(policy),
        scaling_policy=policy,
        notification_types=options.notification_types(group["AutoScalingGroupName"], topic_arn),
    )


def state_without_options(group: AutoScalingGroupTypeDef) -> GroupState:
    """The group as it is now, but for its policy and notifications, which take calls of their own."""
    template = template_of(group)
    return GroupState(
        launch_template_id=template.get("LaunchTemplateId"),
        launch_template_version=template.get("Version"),
        launch_configuration=group.get("LaunchConfigurationName"),
        sizes=sizes(group),
        subnet_ids=tuple(filter(None, group.get("VPCZoneIdentifier", "").split(","))),
        health_check_type=group["HealthCheckType"],
        health_check_grace_period=group.get("HealthCheckGracePeriod", 0),
        target_group_arns=tuple(group.get("TargetGroupARNs", [])),
        tags=tags_of(group),
        target_cpu=None,
        notification_types=(),
        suspended_processes=tuple(p["ProcessName"] for p in group.get("SuspendedProcesses", [])),
        availability_zones=tuple(group.get("AvailabilityZones", [])),
        mixed=bool(group.get("MixedInstancesPolicy")),
    )


def templates_of(found: AutoScalingGroupTypeDef) -> Iterator[LaunchTemplateSpecificationTypeDef]:
    """A group's launch template, those of a mixed instances policy and of its overrides."""
    mixed = found.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    overrides = [one.get("LaunchTemplateSpecification") for one in mixed.get("Overrides", [])]
    for used in (found.get("LaunchTemplate"), mixed.get("LaunchTemplateSpecification"), *overrides):
        if used:
            yield used


def template_of(found: AutoScalingGroupTypeDef) -> LaunchTemplateSpecificationTypeDef:
    """The launch template of a group, or that of its mixed instances policy."""
    return next(templates_of(found), None) or {}


def tags_of(group: AutoScalingGroupTypeDef) -> tuple[GroupTag, ...]:
    """The tags that the group has now."""
    return tuple(
        GroupTag(t["Key"], t.get("Value", ""), t.get("PropagateAtLaunch", False))
        for t in group.get("Tags", [])
    )


def sizes(group: AutoScalingGroupTypeDef) -> Sizes:
    """The sizes that the group has now."""
    return Sizes(group["MinSize"], group["MaxSize"], group["DesiredCapacity"])


def create(run: str, instance_id: str, plan: GroupPlan, template: LaunchTemplate) -> None:
    """Create the group with all of its settings but policy and notifications; adopt a lost try's.

    Raises:
        GroupNotSupported: a group of that name has appeared since the plan.
        ResourceBusy: a new instance profile has not reached Auto Scaling yet.
        NotYetVisible: the group exists but is not visible yet, or the template's version is not.
        RunSettled: the run no longer decides about the group.
    """
    own = changes.refuse_settled(run)
    marks = [GroupTag(key, value, propagate=False) for key, value in tags.of_run(run, instance_id).items()]
    try:
        aws.client("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=plan.name,
            LaunchTemplate=pinned(template.id, str(template.version)),
            Tags=options.tag_list(plan.name, plan.stated_tags + marks),
            TargetGroupARNs=list(plan.target_group_arns or ()),
            **settings(plan),
            **size_settings(plan.sizes),
        )
    except ClientError as error:
        raise_if_new(error, template)
        _refuse_foreign(own, plan.name, error)
    # The call answers no id. A group that is not shown yet is known by what it launches from.
    if created := find(plan.name):
        made.note(run, made.GROUPS, [created["AutoScalingGroupARN"]])


def _refuse_foreign(own: Made, group_name: str, error: ClientError) -> None:
    """Refuse a group of that name that the run did not create, where the error says that there is one."""
    if aws.code(error) != "AlreadyExists":
        raise error
    what = f"Auto Scaling group '{group_name}'"
    found = find(group_name)
    if found is None:
        raise NotYetVisible(f"{what} exists but is not visible yet")
    if not own.has_created(found):
        raise GroupNotSupported(f"{what} was created by something else after the plan. Start a new run.")


def resize(group_name: str, sizes: Sizes) -> None:
    """Set all three sizes at once: one alone would silently move the others.

    A busy group answers ScalingActivityInProgress, which the workflow retries as ResourceBusy.
    """
    aws.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=group_name, **size_settings(sizes)
    )


def configure(run: str, plan: GroupPlan) -> None:
    """Set the settings with calls of their own: target groups, tags, policy and notifications.

    Of the target groups that the group has now, only those go that it had before its update: what somebody
    has attached since stays. The others go into the ledger as they are now, before they are set.

    Raises:
        NotYetVisible: the group is not visible.
        RunSettled: the run no longer decides about the group.
    """
    changes.refuse_settled(run)
    if plan.before and (plan.tags or plan.states_scaling_or_notifications):
        changes.note_options(run, state(visible(plan.name), plan.notification_topic_arn))
    if plan.before and plan.target_group_arns is not None:
        change = changes.read(run)
        had = (change.before if change else plan.before).target_group_arns
        options.set_target_groups(visible(plan.name), had, plan.target_group_arns)
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


def pinned(template_id: str, version: str | None) -> LaunchTemplateSpecificationTypeDef:
    """A version of a template, as calls take it; a group that states none follows the default version."""
    return {"LaunchTemplateId": template_id, **({"Version": version} if version else {})}


def size_settings(sizes: Sizes | StatedSizes) -> dict[str, Any]:
    """Sizes as Auto Scaling's calls take them; one that is not stated is left out."""
    stated = {
        "MinSize": sizes.min_size,
        "MaxSize": sizes.max_size,
        "DesiredCapacity": sizes.desired_capacity,
    }
    return {name: value for name, value in stated.items() if value is not None}


def settings(plan: GroupPlan) -> dict[str, Any]:
    """The stated settings that CreateAutoScalingGroup and UpdateAutoScalingGroup take alike."""
    stated = {
        "VPCZoneIdentifier": ",".join(plan.subnet_ids) if plan.subnet_ids is not None else None,
        "HealthCheckType": plan.health_check_type,
        "HealthCheckGracePeriod": plan.health_check_grace_period,
    }
    return {name: value for name, value in stated.items() if value is not None}
