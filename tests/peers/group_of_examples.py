"""The Auto Scaling group that AWS's examples are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.ec2world.client import name

if TYPE_CHECKING:
    from tests.ec2world.client import WorldClient


def make_group(world: WorldClient, topic: str, role: str, **settings: Any) -> str:
    """One of two members with all that the examples name of a group; `topic` and `role` are ARNs."""
    group = name("group")
    named = {"AutoScalingGroupName": group}
    asg = world.asg
    asg.create_auto_scaling_group(**named, MinSize=0, MaxSize=10, DesiredCapacity=2, **settings)
    world.until_members(group, ["InService"] * 2)
    asg.put_lifecycle_hook(
        **named,
        LifecycleHookName="my-lifecycle-hook",
        LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING",
        DefaultResult="CONTINUE",
        NotificationTargetARN=topic,
        RoleARN=role,
    )
    asg.put_scaling_policy(
        **named,
        PolicyName="my-step-scale-out-policy",
        PolicyType="StepScaling",
        AdjustmentType="ChangeInCapacity",
        StepAdjustments=[{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    )
    asg.put_scaling_policy(
        **named, PolicyName="ScaleIn", AdjustmentType="ChangeInCapacity", ScalingAdjustment=-1
    )
    asg.put_scaling_policy(
        **named,
        PolicyName="ScalePercentChange",
        AdjustmentType="PercentChangeInCapacity",
        ScalingAdjustment=25,
        MinAdjustmentMagnitude=2,
        Cooldown=60,
    )
    asg.put_scheduled_update_group_action(
        **named,
        ScheduledActionName="my-scheduled-action",
        Recurrence="30 0 1 12 0",
        MinSize=0,
        MaxSize=6,
        DesiredCapacity=4,
    )
    asg.put_notification_configuration(
        **named, TopicARN=topic, NotificationTypes=["autoscaling:TEST_NOTIFICATION"]
    )
    tag = {"ResourceId": group, "ResourceType": "auto-scaling-group", "PropagateAtLaunch": True}
    asg.create_or_update_tags(
        Tags=[{**tag, "Key": "Role", "Value": "WebServer"}, {**tag, "Key": "Dept", "Value": "Research"}]
    )
    return group
