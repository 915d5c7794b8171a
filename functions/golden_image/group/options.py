"""Settings of a group with calls of their own: target groups, tags, scaling policy, notifications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golden_image import aws

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef

    from golden_image.model.group import GroupPlan, GroupState, GroupTag

SCALING_POLICY = "golden-image-target-cpu"
NOTIFICATIONS = (
    "autoscaling:EC2_INSTANCE_LAUNCH",
    "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
    "autoscaling:EC2_INSTANCE_TERMINATE",
    "autoscaling:EC2_INSTANCE_TERMINATE_ERROR",
)


def target_cpu(group_name: str) -> float | None:
    """The percent of this project's own target tracking policy; None where the group has none."""
    policies = aws.client("autoscaling").describe_policies(
        AutoScalingGroupName=group_name, PolicyNames=[SCALING_POLICY]
    )["ScalingPolicies"]
    return policies[0]["TargetTrackingConfiguration"]["TargetValue"] if policies else None


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
    autoscaling = aws.client("autoscaling")
    if plan.before and plan.tags:
        autoscaling.create_or_update_tags(Tags=tag_list(plan.name, plan.stated_tags))
    if plan.target_cpu is not None:
        _put_policy(plan.name, plan.target_cpu)
    if plan.removes_target_cpu:
        _remove_policy(plan.name)
    if plan.notification_topic_arn:
        autoscaling.put_notification_configuration(
            AutoScalingGroupName=plan.name,
            TopicARN=plan.notification_topic_arn,
            NotificationTypes=list(NOTIFICATIONS),
        )


def restore(plan: GroupPlan, before: GroupState, found: AutoScalingGroupTypeDef) -> None:
    """Set back what `apply` may have set."""
    if plan.target_group_arns is not None:
        set_target_groups(found, before.target_group_arns)
    _restore_tags(plan, before)
    if plan.target_cpu is not None or plan.removes_target_cpu:
        _restore_policy(plan.name, before.target_cpu)
    if plan.notification_topic_arn:
        _restore_notifications(plan.name, plan.notification_topic_arn, before.notification_types)


def _put_policy(group_name: str, percent: float) -> None:
    aws.client("autoscaling").put_scaling_policy(
        AutoScalingGroupName=group_name,
        PolicyName=SCALING_POLICY,
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
            "TargetValue": percent,
        },
    )


def set_target_groups(found: AutoScalingGroupTypeDef, wanted: tuple[str, ...]) -> None:
    """Attach the target groups that are missing and detach the others."""
    group_name, present = found["AutoScalingGroupName"], set(found.get("TargetGroupARNs", []))
    autoscaling = aws.client("autoscaling")
    if missing := sorted(set(wanted) - present):
        autoscaling.attach_load_balancer_target_groups(
            AutoScalingGroupName=group_name, TargetGroupARNs=missing
        )
    if extra := sorted(present - set(wanted)):
        autoscaling.detach_load_balancer_target_groups(AutoScalingGroupName=group_name, TargetGroupARNs=extra)


def _restore_tags(plan: GroupPlan, before: GroupState) -> None:
    autoscaling = aws.client("autoscaling")
    had = [tag for tag in before.tags if tag.key in plan.tags]
    if had:
        autoscaling.create_or_update_tags(Tags=tag_list(plan.name, had))
    new = [tag for tag in plan.stated_tags if tag.key not in {other.key for other in had}]
    if new:
        autoscaling.delete_tags(Tags=tag_list(plan.name, new))


def _restore_policy(group_name: str, percent: float | None) -> None:
    if percent is not None:
        _put_policy(group_name, percent)
    else:
        _remove_policy(group_name)


def _remove_policy(group_name: str) -> None:
    if target_cpu(group_name) is not None:
        aws.client("autoscaling").delete_policy(AutoScalingGroupName=group_name, PolicyName=SCALING_POLICY)


def _restore_notifications(group_name: str, topic_arn: str, types: tuple[str, ...]) -> None:
    autoscaling = aws.client("autoscaling")
    if types:
        autoscaling.put_notification_configuration(
            AutoScalingGroupName=group_name, TopicARN=topic_arn, NotificationTypes=list(types)
        )
    elif notification_types(group_name, topic_arn):
        autoscaling.delete_notification_configuration(AutoScalingGroupName=group_name, TopicARN=topic_arn)


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
