"""The Auto Scaling group: what it was, what it becomes, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws, tags
from golden_image.errors import GroupNotSupported, NotYetVisible, ResourceBusy

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef, LaunchTemplateSpecificationTypeDef

    from golden_image.launch_template import LaunchTemplate

SCALING_POLICY = "golden-image-target-cpu"
NOTIFICATIONS = (
    "autoscaling:EC2_INSTANCE_LAUNCH",
    "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
    "autoscaling:EC2_INSTANCE_TERMINATE",
    "autoscaling:EC2_INSTANCE_TERMINATE_ERROR",
)


@dataclass(frozen=True)
class Sizes:
    """A group's minimum, maximum and desired number of instances."""

    min_size: int
    max_size: int
    desired_capacity: int


EMPTY = Sizes(0, 0, 0)


@dataclass(frozen=True)
class GroupTag:
    """A tag of a group; `propagate` copies it to instances at launch."""

    key: str
    value: str
    propagate: bool


@dataclass(frozen=True)
class GroupState:
    """All of a group that a run may change, as it was found: what a roll-back restores.

    Attributes:
        launch_template_version: as the group has it: a number, `$Latest` or `$Default`.
        target_cpu: percent of this project's own target tracking policy, None where there is none.
        notification_types: what the group sends to the topic that the input names.
    """

    launch_template_id: str | None
    launch_template_version: str | None
    launch_configuration: str | None
    sizes: Sizes
    subnet_ids: tuple[str, ...]
    health_check_type: str
    health_check_grace_period: int
    target_group_arns: tuple[str, ...]
    tags: tuple[GroupTag, ...]
    target_cpu: float | None
    notification_types: tuple[str, ...]


@dataclass(frozen=True)
class GroupPlan:
    """What the group becomes. A None leaves an existing group as it is; a new one has all of them set.

    Attributes:
        before: the existing group; None where this run creates it.
        sizes: the sizes after the rollout, but for `drain`.
        health_check_grace_period: seconds.
        target_cpu: percent, for a target tracking policy.
    """

    name: str
    before: GroupState | None
    sizes: Sizes
    subnet_ids: tuple[str, ...] | None
    target_group_arns: tuple[str, ...] | None
    health_check_type: str | None
    health_check_grace_period: int | None
    target_cpu: float | None
    notification_topic_arn: str | None
    tags: dict[str, str]


def find(name: str) -> AutoScalingGroupTypeDef | None:
    """Auto Scaling's description of the group."""
    found = aws.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    return found["AutoScalingGroups"][0] if found["AutoScalingGroups"] else None


def state(group: AutoScalingGroupTypeDef, topic_arn: str | None) -> GroupState:
    """The group as it is now, for the ledger."""
    template = group.get("LaunchTemplate", {})
    own = group.get("Tags", [])
    return GroupState(
        launch_template_id=template.get("LaunchTemplateId"),
        launch_template_version=template.get("Version"),
        launch_configuration=group.get("LaunchConfigurationName"),
        sizes=Sizes(group["MinSize"], group["MaxSize"], group["DesiredCapacity"]),
        subnet_ids=tuple(filter(None, group.get("VPCZoneIdentifier", "").split(","))),
        health_check_type=group["HealthCheckType"],
        health_check_grace_period=group.get("HealthCheckGracePeriod", 0),
        target_group_arns=tuple(group.get("TargetGroupARNs", [])),
        tags=tuple(GroupTag(t["Key"], t.get("Value", ""), t.get("PropagateAtLaunch", False)) for t in own),
        target_cpu=_target_cpu(group["AutoScalingGroupName"]),
        notification_types=_notification_types(group["AutoScalingGroupName"], topic_arn),
    )


def _target_cpu(name: str) -> float | None:
    policies = aws.client("autoscaling").describe_policies(
        AutoScalingGroupName=name, PolicyNames=[SCALING_POLICY]
    )["ScalingPolicies"]
    return policies[0]["TargetTrackingConfiguration"]["TargetValue"] if policies else None


def _notification_types(name: str, topic_arn: str | None) -> tuple[str, ...]:
    if topic_arn is None:
        return ()
    pages = aws.client("autoscaling").get_paginator("describe_notification_configurations")
    found = pages.paginate(AutoScalingGroupNames=[name])
    return tuple(
        configuration["NotificationType"]
        for page in found
        for configuration in page["NotificationConfigurations"]
        if configuration["TopicARN"] == topic_arn
    )


def create(run: str, source: str, plan: GroupPlan, template: LaunchTemplate) -> None:
    """Create the group with all of its settings but policy and notifications; adopt a lost try's.

    Raises:
        GroupNotSupported: a group of that name has appeared since the plan.
        ResourceBusy: a new instance profile has not reached Auto Scaling yet.
        NotYetVisible: the group exists and is not shown yet.
    """
    marks = [GroupTag(key, value, propagate=False) for key, value in tags.of_run(run, source).items()]
    own = [GroupTag(key, value, propagate=True) for key, value in plan.tags.items()]
    try:
        aws.client("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=plan.name,
            LaunchTemplate=_pinned(template.id, str(template.version)),
            Tags=_tags(plan.name, own + marks),
            TargetGroupARNs=list(plan.target_group_arns or ()),
            **_settings(plan),
            **_sizes(plan.sizes),
        )
    except ClientError as error:
        _adopt(run, plan.name, error)


def _adopt(run: str, name: str, error: ClientError) -> None:
    if aws.code(error) == "ValidationError" and "instance profile" in str(error).lower():
        raise ResourceBusy(f"the instance profile is not known to Auto Scaling yet: {error}") from error
    if aws.code(error) != "AlreadyExists":
        raise error
    existing = find(name)
    if existing is None:
        raise NotYetVisible(f"Auto Scaling group '{name}' exists and is not shown yet") from error
    if tags.from_aws(existing.get("Tags")).get(tags.RUN) != run:
        raise GroupNotSupported(
            f"Auto Scaling group '{name}' was created by something else after the plan. "
            "Start the refresh again."
        ) from error


def update(plan: GroupPlan, template: LaunchTemplate, rollout: str) -> None:
    """Give an existing group the new version, and the settings that the input states.

    Sizes change here only where nothing is drained; a drain and what follows it set their own.
    """
    aws.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=plan.name,
        LaunchTemplate=_pinned(template.id, str(template.version)),
        **_settings(plan),
        **(_sizes(plan.sizes) if rollout == "none" else {}),
    )


def configure(plan: GroupPlan) -> None:
    """Set what Auto Scaling takes in calls of its own: target groups, tags, policy and notifications.

    Every call sets a value, so that a second one changes nothing.
    """
    autoscaling = aws.client("autoscaling")
    if plan.before and plan.target_group_arns is not None:
        _set_target_groups(plan.name, plan.target_group_arns)
    if plan.before and plan.tags:
        own = [GroupTag(key, value, propagate=True) for key, value in plan.tags.items()]
        autoscaling.create_or_update_tags(Tags=_tags(plan.name, own))
    if plan.target_cpu is not None:
        _put_policy(plan.name, plan.target_cpu)
    if plan.notification_topic_arn:
        autoscaling.put_notification_configuration(
            AutoScalingGroupName=plan.name,
            TopicARN=plan.notification_topic_arn,
            NotificationTypes=list(NOTIFICATIONS),
        )


def _put_policy(name: str, target_cpu: float) -> None:
    aws.client("autoscaling").put_scaling_policy(
        AutoScalingGroupName=name,
        PolicyName=SCALING_POLICY,
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
            "TargetValue": target_cpu,
        },
    )


def _set_target_groups(name: str, wanted: tuple[str, ...]) -> None:
    group = find(name)
    present = set(group.get("TargetGroupARNs", [])) if group else set()
    autoscaling = aws.client("autoscaling")
    if missing := sorted(set(wanted) - present):
        autoscaling.attach_load_balancer_target_groups(AutoScalingGroupName=name, TargetGroupARNs=missing)
    if extra := sorted(present - set(wanted)):
        autoscaling.detach_load_balancer_target_groups(AutoScalingGroupName=name, TargetGroupARNs=extra)


def resize(name: str, sizes: Sizes) -> None:
    """Set all three sizes at once: one alone would silently move the others.

    A busy group answers ScalingActivityInProgress, which the workflow retries as ResourceBusy.
    """
    aws.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=name, **_sizes(sizes))


def delete_if_made_by(run: str, name: str) -> None:
    """Delete the group and its instances where this run created it; leave any other alone."""
    group = find(name)
    if group and tags.from_aws(group.get("Tags")).get(tags.RUN) == run and group.get("Status") is None:
        aws.client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)


def restore(plan: GroupPlan, before: GroupState) -> None:
    """Give an existing group back all that `update` and `configure` may have changed."""
    autoscaling = aws.client("autoscaling")
    template_id, version = before.launch_template_id, before.launch_template_version
    if template_id and version:
        launch: dict[str, Any] = {"LaunchTemplate": _pinned(template_id, version)}
    else:
        launch = {"LaunchConfigurationName": before.launch_configuration}
    # A group that was made with Availability Zones only has no subnets to go back to.
    if before.subnet_ids:
        launch["VPCZoneIdentifier"] = ",".join(before.subnet_ids)
    autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=plan.name,
        HealthCheckType=before.health_check_type,
        HealthCheckGracePeriod=before.health_check_grace_period,
        **launch,
        **_sizes(before.sizes),
    )
    if plan.target_group_arns is not None:
        _set_target_groups(plan.name, before.target_group_arns)
    _restore_tags(plan, before)
    if plan.target_cpu is not None:
        _restore_policy(plan.name, before.target_cpu)
    if plan.notification_topic_arn:
        _restore_notifications(plan.name, plan.notification_topic_arn, before.notification_types)


def _restore_tags(plan: GroupPlan, before: GroupState) -> None:
    autoscaling = aws.client("autoscaling")
    had = [tag for tag in before.tags if tag.key in plan.tags]
    if had:
        autoscaling.create_or_update_tags(Tags=_tags(plan.name, had))
    added = [GroupTag(key, plan.tags[key], propagate=True) for key in plan.tags]
    new = [tag for tag in added if tag.key not in {before_tag.key for before_tag in had}]
    if new:
        autoscaling.delete_tags(Tags=_tags(plan.name, new))


def _restore_policy(name: str, target_cpu: float | None) -> None:
    if target_cpu is not None:
        _put_policy(name, target_cpu)
    elif _target_cpu(name) is not None:
        aws.client("autoscaling").delete_policy(AutoScalingGroupName=name, PolicyName=SCALING_POLICY)


def _restore_notifications(name: str, topic_arn: str, types: tuple[str, ...]) -> None:
    autoscaling = aws.client("autoscaling")
    if types:
        autoscaling.put_notification_configuration(
            AutoScalingGroupName=name, TopicARN=topic_arn, NotificationTypes=list(types)
        )
    elif _notification_types(name, topic_arn):
        autoscaling.delete_notification_configuration(AutoScalingGroupName=name, TopicARN=topic_arn)


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


def _tags(group: str, own: list[GroupTag]) -> list[Any]:
    return [
        {
            "ResourceId": group,
            "ResourceType": "auto-scaling-group",
            "Key": tag.key,
            "Value": tag.value,
            "PropagateAtLaunch": tag.propagate,
        }
        for tag in own
    ]
