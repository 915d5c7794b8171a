"""Settings of a group with calls of their own: target groups, tags, scaling policy, notifications."""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING, Any

from golden_image import aws

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef

    from golden_image.model.group import GroupPlan, GroupTag

# AttachLoadBalancerTargetGroups: "You can specify up to 10 target groups"; the same for Detach.
TARGET_GROUPS_A_CALL = 10
SCALING_POLICY = "golden-image-target-cpu"
# What DescribePolicies answers, and PutScalingPolicy does not take or gets otherwise.
_NOT_PUT = {"AutoScalingGroupName", "PolicyName", "PolicyARN", "Alarms"}
NOTIFICATIONS = (
    "autoscaling:EC2_INSTANCE_LAUNCH",
    "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
    "autoscaling:EC2_INSTANCE_TERMINATE",
    "autoscaling:EC2_INSTANCE_TERMINATE_ERROR",
)


def scaling_policy(group_name: str) -> dict[str, Any] | None:
    """This project's own policy as PutScalingPolicy takes it, without defaults; None where there is none.

    Somebody may have made it a policy of another type.
    """
    policies: list[Any] = aws.client("autoscaling").describe_policies(
        AutoScalingGroupName=group_name, PolicyNames=[SCALING_POLICY]
    )["ScalingPolicies"]
    if not policies:
        return None
    found = {
        name: value
        for name, value in policies[0].items()
        if name not in _NOT_PUT and value not in (None, [], {}) and (name, value) != ("Enabled", True)
    }
    if "TargetTrackingConfiguration" in found:
        tracked = found["TargetTrackingConfiguration"]
        found["TargetTrackingConfiguration"] = {
            name: value for name, value in tracked.items() if (name, value) != ("DisableScaleIn", False)
        }
    return found


def target_cpu(policy: dict[str, Any] | None) -> float | None:
    """The percent that a policy tracks; None where there is none, or where it tracks none."""
    tracked: dict[str, Any] = (policy or {}).get("TargetTrackingConfiguration", {})
    return tracked.get("TargetValue")


def tracking(percent: float) -> dict[str, Any]:
    """A target tracking policy as PutScalingPolicy takes it."""
    return {
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingConfiguration": {
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
            "TargetValue": percent,
        },
    }


def notification_types(group_name: str, topic_arn: str | None) -> tuple[str, ...]:
    """The kinds of notification that the group sends to the topic."""
    if topic_arn is None:
        return ()
    pages = aws.client("autoscaling").get_paginator("describe_notification_configurations")
    found = pages.paginate(AutoScalingGroupNames=[group_name])
    return tuple(
        configuration["NotificationType"]
        for page in found
        for configuration in page["NotificationConfigurations"]
        if configuration["TopicARN"] == topic_arn
    )


def apply(plan: GroupPlan) -> None:
    """Set the tags, policy and notifications as the plan states them; a second time changes nothing.

    A new group has its tags already.
    """
    if plan.before and plan.tags:
        put_tags(plan.name, plan.stated_tags)
    if plan.target_cpu is not None:
        put_policy(plan.name, tracking(plan.target_cpu))
    if plan.removes_target_cpu:
        remove_policy(plan.name)
    if plan.notification_topic_arn:
        put_notifications(plan.name, plan.notification_topic_arn, NOTIFICATIONS)


def put_tags(group_name: str, own: list[GroupTag]) -> None:
    """Set tags of the group; its other tags stay."""
    aws.client("autoscaling").create_or_update_tags(Tags=tag_list(group_name, own))


def put_notifications(group_name: str, topic_arn: str, types: tuple[str, ...]) -> None:
    """Have the group send these kinds of notification to the topic, and no others."""
    aws.client("autoscaling").put_notification_configuration(
        AutoScalingGroupName=group_name, TopicARN=topic_arn, NotificationTypes=list(types)
    )


def put_policy(group_name: str, policy: dict[str, Any]) -> None:
    """Set this project's own policy."""
    aws.client("autoscaling").put_scaling_policy(
        AutoScalingGroupName=group_name, PolicyName=SCALING_POLICY, **policy
    )


def remove_policy(group_name: str) -> None:
    """Delete this project's own target tracking policy, where the group has it."""
    if scaling_policy(group_name) is not None:
        aws.client("autoscaling").delete_policy(AutoScalingGroupName=group_name, PolicyName=SCALING_POLICY)


def set_target_groups(found: AutoScalingGroupTypeDef, had: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    """Attach the wanted target groups that are missing, and detach the others of those that the group had."""
    group_name, present = found["AutoScalingGroupName"], set(found.get("TargetGroupARNs", []))
    if missing := sorted(set(wanted) - present):
        attach_target_groups(group_name, missing)
    if extra := sorted(present & set(had) - set(wanted)):
        detach_target_groups(group_name, extra)


def attach_target_groups(group_name: str, arns: list[str]) -> None:
    """Attach target groups that are not attached."""
    for some in batched(arns, TARGET_GROUPS_A_CALL, strict=False):
        aws.client("autoscaling").attach_load_balancer_target_groups(
            AutoScalingGroupName=group_name, TargetGroupARNs=list(some)
        )


def detach_target_groups(group_name: str, arns: list[str]) -> None:
    """Detach target groups that are attached."""
    for some in batched(arns, TARGET_GROUPS_A_CALL, strict=False):
        aws.client("autoscaling").detach_load_balancer_target_groups(
            AutoScalingGroupName=group_name, TargetGroupARNs=list(some)
        )


def tag_list(group_name: str, own: list[GroupTag]) -> list[Any]:
    """Tags as Auto Scaling's calls take them."""
    return [
        {
            "ResourceId": group_name,
            "ResourceType": "auto-scaling-group",
            "Key": tag.key,
            "Value": tag.value,
            "PropagateAtLaunch": tag.propagate,
        }
        for tag in own
    ]
