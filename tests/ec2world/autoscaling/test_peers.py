"""What moto's tests and AWS's examples found to be otherwise in the world's groups."""

from __future__ import annotations

import pytest

from tests.ec2world.client import WorldClient, name, refused


def test_subnets_may_be_separated_by_a_comma_and_a_space(world: WorldClient) -> None:
    subnets = [world.subnet("us-east-1a"), world.subnet("us-east-1b")]
    group = name("group")
    world.asg.create_auto_scaling_group(
        AutoScalingGroupName=group,
        MinSize=0,
        MaxSize=1,
        LaunchTemplate={"LaunchTemplateName": world.template()},
        VPCZoneIdentifier=", ".join(subnets),
    )
    described = world.described(group)
    assert described is not None
    assert described["VPCZoneIdentifier"].split(",") == subnets


@pytest.mark.parametrize(
    ("kind", "adjustment", "became"),
    [
        ("ChangeInCapacity", 1, 3),
        ("ChangeInCapacity", 9, 4),
        ("ChangeInCapacity", -9, 1),
        ("ExactCapacity", 9, 4),
        ("PercentChangeInCapacity", 10, 3),
        ("PercentChangeInCapacity", -99, 1),
    ],
)
def test_a_policy_stays_within_the_limits_of_its_group(
    world: WorldClient, kind: str, adjustment: int, became: int
) -> None:
    group = world.group(2, MinSize=1, MaxSize=4)
    named = {"AutoScalingGroupName": group, "PolicyName": "scale"}
    world.asg.put_scaling_policy(**named, AdjustmentType=kind, ScalingAdjustment=adjustment)
    world.asg.execute_policy(**named)
    described = world.described(group)
    assert described is not None
    assert described["DesiredCapacity"] == became


def test_a_step_is_chosen_by_how_far_the_metric_is_above(world: WorldClient) -> None:
    group = world.group(1, MinSize=1, MaxSize=9)
    named = {"AutoScalingGroupName": group, "PolicyName": "step"}
    steps = [
        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 1},
        {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 5},
    ]
    world.asg.put_scaling_policy(
        **named, PolicyType="StepScaling", AdjustmentType="ChangeInCapacity", StepAdjustments=steps
    )
    world.asg.execute_policy(**named, MetricValue=75, BreachThreshold=60)
    described = world.described(group)
    assert described is not None
    assert described["DesiredCapacity"] == 6


def test_a_group_like_an_instance_has_its_security_groups(world: WorldClient) -> None:
    vpc, subnet = world.network()
    made = world.ec2.run_instances(
        ImageId="ami-12c6146b", InstanceType="t3.small", SubnetId=subnet, MinCount=1, MaxCount=1
    )["Instances"][0]
    group = name("group")
    sizes = {"MinSize": 0, "MaxSize": 1}
    world.asg.create_auto_scaling_group(
        AutoScalingGroupName=group, InstanceId=made["InstanceId"], VPCZoneIdentifier=subnet, **sizes
    )
    found = world.asg.describe_launch_configurations(LaunchConfigurationNames=[group])
    [configuration] = found["LaunchConfigurations"]
    assert configuration["SecurityGroups"] == [one["GroupId"] for one in made["SecurityGroups"]]
    assert made["VpcId"] == vpc
    with refused("ValidationError"):
        world.asg.create_auto_scaling_group(AutoScalingGroupName=name("group"), InstanceId="i-0", **sizes)


def test_an_override_may_have_a_template_of_its_own(world: WorldClient) -> None:
    other = world.template(InstanceType="t3.large")
    policy = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {"LaunchTemplateName": world.template(), "Version": "1"},
            "Overrides": [
                {
                    "InstanceType": "t3.medium",
                    "LaunchTemplateSpecification": {"LaunchTemplateName": other, "Version": "1"},
                }
            ],
        }
    }
    group = name("group")
    world.asg.create_auto_scaling_group(
        AutoScalingGroupName=group,
        MinSize=1,
        MaxSize=1,
        MixedInstancesPolicy=policy,
        AvailabilityZones=["us-east-1a"],
    )
    [member] = world.until_members(group, ["InService"])
    assert member["LaunchTemplate"]["LaunchTemplateName"] == other
    assert member["InstanceType"] == "t3.medium"


def test_metrics_are_collected_until_they_are_no_more(world: WorldClient) -> None:
    named = {"AutoScalingGroupName": world.group(0)}

    def collected() -> list[str]:
        described = world.described(named["AutoScalingGroupName"])
        assert described is not None
        return sorted(one["Metric"] for one in described["EnabledMetrics"])

    world.asg.enable_metrics_collection(
        **named, Granularity="1Minute", Metrics=["GroupMinSize", "GroupMaxSize", "GroupDesiredCapacity"]
    )
    world.asg.disable_metrics_collection(**named, Metrics=["GroupMinSize"])
    assert collected() == ["GroupDesiredCapacity", "GroupMaxSize"]
    world.asg.disable_metrics_collection(**named)
    assert collected() == []
