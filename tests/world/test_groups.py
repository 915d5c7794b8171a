from typing import Any

import pytest

from tests.world.client import WorldClient, name, refused

TERMINATING_HOOK = {
    "LifecycleHookName": "drain",
    "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
    "HeartbeatTimeout": 3000,
}


def ids(members: list[dict[str, Any]]) -> list[str]:
    return sorted(one["InstanceId"] for one in members)


def test_a_group_is_shown_as_it_was_created(world: WorldClient) -> None:
    subnets = ",".join(
        one["SubnetId"]
        for one in world.ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])[
            "Subnets"
        ][:2]
    )
    target = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef"
    group = world.group(
        2,
        AvailabilityZones=[],
        VPCZoneIdentifier=subnets,
        HealthCheckType="ELB",
        HealthCheckGracePeriod=120,
        TargetGroupARNs=[target],
        DefaultInstanceWarmup=30,
        Tags=[
            {"Key": "run", "Value": "r", "PropagateAtLaunch": True},
            {"Key": "own", "Value": "o", "PropagateAtLaunch": False},
        ],
    )
    shown = world.described(group)
    assert shown is not None
    assert (shown["MinSize"], shown["MaxSize"], shown["DesiredCapacity"]) == (0, 10, 2)
    assert (shown["HealthCheckType"], shown["HealthCheckGracePeriod"]) == ("ELB", 120)
    assert (shown["VPCZoneIdentifier"], shown["TargetGroupARNs"]) == (subnets, [target])
    assert shown["DefaultInstanceWarmup"] == 30
    assert {one["Key"]: one["PropagateAtLaunch"] for one in shown["Tags"]} == {"run": True, "own": False}
    sources = world.asg.describe_traffic_sources(AutoScalingGroupName=group)["TrafficSources"]
    assert [one["Identifier"] for one in sources] == [target]
    instances = [world.instance(one) for one in ids(shown["Instances"])]
    assert sorted(one["SubnetId"] for one in instances) == sorted(subnets.split(","))
    tags = {one["Key"]: one["Value"] for one in instances[0]["Tags"]}
    assert (tags["aws:autoscaling:groupName"], tags["run"], tags.get("own")) == (group, "r", None)
    found = world.asg.describe_auto_scaling_groups(Filters=[{"Name": "tag:run", "Values": ["r"]}])
    assert group in [one["AutoScalingGroupName"] for one in found["AutoScalingGroups"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"VPCZoneIdentifier": "subnet-00000000000000000", "AvailabilityZones": []},
        {"LaunchTemplate": {"LaunchTemplateName": "no-such"}},
        {"MinSize": 3, "MaxSize": 2},
        {"DesiredCapacity": 11},
    ],
)
def test_what_a_group_cannot_be_made_of_is_refused(world: WorldClient, wrong: dict[str, Any]) -> None:
    with refused("ValidationError"):
        world.group(1, **wrong)


def test_a_version_that_does_not_exist_and_an_image_that_is_gone_are_refused(world: WorldClient) -> None:
    template = world.template()
    with refused("ValidationError"):
        world.group(1, LaunchTemplate={"LaunchTemplateName": template, "Version": "9"})
    image = world.register(world.snapshot_set(world.seed()["instanceId"])[0])
    world.ec2.deregister_image(ImageId=image)
    with refused("ValidationError") as raised:
        world.group(1, template=world.template(ImageId=image))
    assert image in str(raised.value)


def test_a_name_in_use_is_refused(world: WorldClient) -> None:
    group = world.group(0)
    with refused("AlreadyExists"):
        world.asg.create_auto_scaling_group(
            AutoScalingGroupName=group,
            MinSize=0,
            MaxSize=1,
            LaunchTemplate={"LaunchTemplateName": world.template()},
            AvailabilityZones=["us-east-1a"],
        )


@pytest.mark.parametrize(
    ("version", "expected"), [("1", "1"), ("2", "2"), ("$Latest", "3"), ("$Default", "2"), (None, "2")]
)
def test_the_version_is_resolved_when_launching(
    world: WorldClient, version: str | None, expected: str
) -> None:
    template = world.template()
    for _ in range(2):
        world.ec2.create_launch_template_version(
            LaunchTemplateName=template, SourceVersion="1", LaunchTemplateData={"KeyName": "k"}
        )
    world.ec2.modify_launch_template(LaunchTemplateName=template, DefaultVersion="2")
    reference = {"LaunchTemplateName": template} | ({"Version": version} if version else {})
    group = world.group(1, LaunchTemplate=reference)
    (member,) = world.members(group)
    assert member["LaunchTemplate"]["Version"] == expected
    world.ec2.create_launch_template_version(LaunchTemplateName=template, LaunchTemplateData={"KeyName": "k"})
    assert world.members(group)[0]["LaunchTemplate"]["Version"] == expected


def test_limits_move_the_desired_capacity_along(world: WorldClient) -> None:
    group = world.group(1)
    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MinSize=2)
    world.until_members(group, ["InService"] * 2)
    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MinSize=0, MaxSize=1)
    shown = world.described(group)
    assert shown is not None
    assert shown["DesiredCapacity"] == 1
    world.until_members(group, ["InService"])
    with refused("ValidationError"):
        world.asg.update_auto_scaling_group(AutoScalingGroupName=group, DesiredCapacity=2)
    with refused("ValidationError"):
        world.asg.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=2)


def test_an_update_changes_only_what_it_names(world: WorldClient) -> None:
    template = world.template()
    world.ec2.create_launch_template_version(
        LaunchTemplateName=template, SourceVersion="1", LaunchTemplateData={"KeyName": "k"}
    )
    group = world.group(0, template=template, HealthCheckGracePeriod=77)
    world.asg.update_auto_scaling_group(
        AutoScalingGroupName=group, LaunchTemplate={"LaunchTemplateName": template, "Version": "2"}
    )
    shown = world.described(group)
    assert shown is not None
    assert shown["LaunchTemplate"]["Version"] == "2"
    assert (shown["HealthCheckGracePeriod"], shown["MaxSize"]) == (77, 10)
    with refused("ValidationError"):
        world.asg.update_auto_scaling_group(
            AutoScalingGroupName=group, LaunchTemplate={"LaunchTemplateName": template, "Version": "8"}
        )
    shown = world.described(group)
    assert shown is not None
    assert shown["LaunchTemplate"]["Version"] == "2"


def test_a_stopped_group_member_is_replaced(world: WorldClient) -> None:
    seeded = world.seed(group=name("group"))
    group, source = seeded["autoScalingGroupName"], seeded["instanceId"]
    assert ids(world.members(group)) == [source]
    assert world.instance(source)["State"]["Name"] == "running"
    world.ec2.stop_instances(InstanceIds=[source])
    world.until(
        lambda: ids(world.members(group)) not in ([source], []) and source not in ids(world.members(group))
    )
    world.until_state(source, "terminated")
    world.until_members(group, ["InService"])


def test_a_terminated_member_is_replaced(world: WorldClient) -> None:
    group = world.group(1)
    (member,) = ids(world.members(group))
    world.ec2.terminate_instances(InstanceIds=[member])
    world.until(lambda: member not in ids(world.members(group)))
    world.until_members(group, ["InService"])


def test_a_member_reported_unhealthy_is_replaced(world: WorldClient) -> None:
    group = world.group(1)
    (member,) = ids(world.members(group))
    world.asg.set_instance_health(InstanceId=member, HealthStatus="Unhealthy")
    world.until(lambda: member not in ids(world.members(group)))


def test_a_member_on_standby_can_be_stopped(world: WorldClient) -> None:
    group = world.group(1)
    (member,) = ids(world.members(group))
    world.asg.enter_standby(
        AutoScalingGroupName=group, InstanceIds=[member], ShouldDecrementDesiredCapacity=True
    )
    world.ec2.stop_instances(InstanceIds=[member])
    world.until_state(member, "stopped")
    (shown,) = world.members(group)
    assert (shown["InstanceId"], shown["LifecycleState"]) == (member, "Standby")
    world.ec2.start_instances(InstanceIds=[member])
    world.until_state(member, "running")
    world.asg.exit_standby(AutoScalingGroupName=group, InstanceIds=[member])
    world.until_members(group, ["InService"])
    described = world.described(group)
    assert described is not None
    assert described["DesiredCapacity"] == 1


def test_a_detached_member_lives_on(world: WorldClient) -> None:
    group = world.group(1)
    (member,) = ids(world.members(group))
    world.asg.detach_instances(
        AutoScalingGroupName=group, InstanceIds=[member], ShouldDecrementDesiredCapacity=True
    )
    world.ec2.stop_instances(InstanceIds=[member])
    stopped = world.until_state(member, "stopped")
    assert world.members(group) == []
    assert "aws:autoscaling:groupName" not in {one["Key"] for one in stopped["Tags"]}


def test_a_suspended_terminate_never_drains(world: WorldClient) -> None:
    group = world.group(1)
    world.asg.suspend_processes(AutoScalingGroupName=group, ScalingProcesses=["Terminate"])
    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=0)
    world.group(1)  # a launch's time, and more
    described = world.described(group)
    assert described is not None
    assert (described["DesiredCapacity"], len(described["Instances"])) == (0, 1)
    assert [one["ProcessName"] for one in described["SuspendedProcesses"]] == ["Terminate"]
    world.asg.resume_processes(AutoScalingGroupName=group)
    world.until_members(group, [])


def test_a_suspended_launch_never_launches(world: WorldClient) -> None:
    group = world.group(0)
    world.asg.suspend_processes(AutoScalingGroupName=group, ScalingProcesses=["Launch"])
    world.asg.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
    world.group(1)
    assert world.members(group) == []
    world.asg.resume_processes(AutoScalingGroupName=group, ScalingProcesses=["Launch"])
    world.until_members(group, ["InService"])


def test_a_protected_member_stays_when_the_group_is_resized_to_zero(world: WorldClient) -> None:
    group = world.group(2)
    kept, gone = ids(world.members(group))
    world.asg.set_instance_protection(
        AutoScalingGroupName=group, InstanceIds=[kept], ProtectedFromScaleIn=True
    )
    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=0)
    world.until(lambda: ids(world.members(group)) == [kept])
    assert world.members(group)[0]["ProtectedFromScaleIn"] is True
    world.until_state(gone, "terminated")
    world.asg.set_instance_protection(
        AutoScalingGroupName=group, InstanceIds=[kept], ProtectedFromScaleIn=False
    )
    world.until_members(group, [])


def test_a_terminating_hook_holds_a_member_until_it_is_completed(world: WorldClient) -> None:
    group = world.group(1)
    (member,) = ids(world.members(group))
    world.asg.put_lifecycle_hook(AutoScalingGroupName=group, **TERMINATING_HOOK)
    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=0)
    world.until_members(group, ["Terminating:Wait"])
    assert world.instance(member)["State"]["Name"] == "running"
    world.asg.complete_lifecycle_action(
        AutoScalingGroupName=group,
        InstanceId=member,
        LifecycleHookName="drain",
        LifecycleActionResult="CONTINUE",
    )
    world.until_members(group, [])


def test_a_terminating_hook_lets_go_at_its_time_out(world: WorldClient) -> None:
    group = world.group(1)
    world.asg.put_lifecycle_hook(AutoScalingGroupName=group, **{**TERMINATING_HOOK, "HeartbeatTimeout": 120})
    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=0)
    world.until_members(group, ["Terminating:Wait"])
    world.until_members(group, [])


def test_a_launching_hook_that_abandons_replaces_the_member(world: WorldClient) -> None:
    group = world.group(
        1,
        settled=False,
        LifecycleHookSpecificationList=[
            {
                "LifecycleHookName": "check",
                "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
                "HeartbeatTimeout": 3000,
            }
        ],
    )
    (member,) = ids(world.until_members(group, ["Pending:Wait"]))
    world.asg.complete_lifecycle_action(
        AutoScalingGroupName=group,
        InstanceId=member,
        LifecycleHookName="check",
        LifecycleActionResult="ABANDON",
    )
    world.until(lambda: member not in ids(world.members(group)) and world.members(group))


def test_a_group_with_instances_is_deleted_only_by_force(world: WorldClient) -> None:
    group = world.group(1)
    with refused("ResourceInUse"):
        world.asg.delete_auto_scaling_group(AutoScalingGroupName=group)
    with world.standing_still():
        world.asg.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=0)
        with refused("ScalingActivityInProgress"):
            world.asg.delete_auto_scaling_group(AutoScalingGroupName=group)
        world.asg.delete_auto_scaling_group(AutoScalingGroupName=group, ForceDelete=True)
        described = world.described(group)
        assert described is not None
        assert described["Status"] == "Delete in progress"
    world.until(lambda: world.described(group) is None)
    with refused("ValidationError"):
        world.asg.delete_auto_scaling_group(AutoScalingGroupName=group)


def test_force_takes_protected_members_too_and_what_belongs_to_the_group(world: WorldClient) -> None:
    group = world.group(1, NewInstancesProtectedFromScaleIn=True)
    world.asg.put_scaling_policy(
        AutoScalingGroupName=group, PolicyName="cpu", AdjustmentType="ChangeInCapacity", ScalingAdjustment=1
    )
    world.asg.delete_auto_scaling_group(AutoScalingGroupName=group, ForceDelete=True)
    world.until(lambda: world.described(group) is None)
    assert world.asg.describe_policies(AutoScalingGroupName=group)["ScalingPolicies"] == []
    past = world.asg.describe_scaling_activities(AutoScalingGroupName=group, IncludeDeletedGroups=True)
    assert past["Activities"][0]["StatusCode"] == "Successful"


def test_activities_tell_why_launches_fail(world: WorldClient) -> None:
    image = world.available_image(world.snapshot_set(world.seed()["instanceId"])[0])
    group = world.group(0, template=world.template(ImageId=image))
    world.ec2.deregister_image(ImageId=image)
    world.asg.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=1)
    activity = world.asg.describe_scaling_activities(AutoScalingGroupName=group)["Activities"][0]
    assert activity["StatusCode"] == "Failed"
    assert image in activity["StatusMessage"]
    assert world.members(group) == []
    world.until(
        lambda: len(world.asg.describe_scaling_activities(AutoScalingGroupName=group)["Activities"]) > 1
    )
    world.asg.delete_auto_scaling_group(AutoScalingGroupName=group)


def test_activities_of_launches_and_terminations_succeed(world: WorldClient) -> None:
    group = world.group(1)
    (member,) = ids(world.members(group))
    world.asg.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=0)
    world.until_members(group, [])
    newest, oldest = world.asg.describe_scaling_activities(AutoScalingGroupName=group)["Activities"]
    assert newest["Description"] == f"Terminating EC2 instance: {member}"
    assert oldest["Description"] == f"Launching a new EC2 instance: {member}"
    assert {newest["StatusCode"], oldest["StatusCode"]} == {"Successful"}


def test_a_key_withheld_from_auto_scaling_fails_every_launch_until_it_is_granted(world: WorldClient) -> None:
    kms = world.client("kms")
    key = kms.create_key()["KeyMetadata"]
    source = world.seed(volumes=[{"sizeGiB": 8, "encrypted": True, "kmsKeyId": key["Arn"]}])["instanceId"]
    image = world.available_image(world.snapshot_set(source)[0])
    group = world.group(1, template=world.template(ImageId=image), settled=False)
    activity = world.asg.describe_scaling_activities(AutoScalingGroupName=group)["Activities"][0]
    assert (activity["StatusCode"], key["Arn"] in activity["StatusMessage"]) == ("Failed", True)
    kms.create_grant(
        KeyId=key["KeyId"],
        GranteePrincipal="arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/"
        "AWSServiceRoleForAutoScaling",
        Operations=["Decrypt", "CreateGrant"],
    )
    world.until_members(group, ["InService"])


def test_two_groups_may_name_their_policies_the_same(world: WorldClient) -> None:
    groups = [world.group(0), world.group(0)]
    arns = [
        world.asg.put_scaling_policy(
            AutoScalingGroupName=group,
            PolicyName="cpu",
            PolicyType="TargetTrackingScaling",
            TargetTrackingConfiguration={
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
                "TargetValue": 50.0,
            },
        )["PolicyARN"]
        for group in groups
    ]
    assert len(set(arns)) == 2
    world.asg.delete_policy(AutoScalingGroupName=groups[0], PolicyName="cpu")
    left = [world.asg.describe_policies(AutoScalingGroupName=group)["ScalingPolicies"] for group in groups]
    assert [[one["PolicyName"] for one in some] for some in left] == [[], ["cpu"]]
    assert left[1][0]["TargetTrackingConfiguration"]["TargetValue"] == 50.0


def test_topics_are_told_about_groups(world: WorldClient) -> None:
    group, topic = world.group(0), "arn:aws:sns:us-east-1:123456789012:news"
    kinds = ["autoscaling:EC2_INSTANCE_LAUNCH", "autoscaling:EC2_INSTANCE_TERMINATE"]
    world.asg.put_notification_configuration(
        AutoScalingGroupName=group, TopicARN=topic, NotificationTypes=kinds
    )
    found = world.asg.describe_notification_configurations(AutoScalingGroupNames=[group])
    assert [one["NotificationType"] for one in found["NotificationConfigurations"]] == kinds
    world.asg.delete_notification_configuration(AutoScalingGroupName=group, TopicARN=topic)
    found = world.asg.describe_notification_configurations(AutoScalingGroupNames=[group])
    assert found["NotificationConfigurations"] == []


def test_a_warm_pool_holds_instances_of_its_own(world: WorldClient) -> None:
    group = world.group(1, MaxSize=3)
    world.asg.put_warm_pool(AutoScalingGroupName=group, PoolState="Stopped", MinSize=1)
    pool = world.until(
        lambda: (
            (found := world.asg.describe_warm_pool(AutoScalingGroupName=group))["Instances"]
            and {one["LifecycleState"] for one in found["Instances"]} == {"Warmed:Stopped"}
            and found
        )
    )
    assert len(pool["Instances"]) == 2
    assert pool["WarmPoolConfiguration"]["PoolState"] == "Stopped"
    warm = ids(pool["Instances"])
    world.until_state(warm[0], "stopped")
    described = world.described(group)
    assert described is not None
    assert (described["WarmPoolSize"], len(described["Instances"])) == (2, 1)
    world.asg.delete_warm_pool(AutoScalingGroupName=group, ForceDelete=True)
    world.until_state(warm[0], "terminated")


def test_groups_can_be_made_of_other_things_than_a_template(world: WorldClient) -> None:
    source = world.seed()["instanceId"]
    config = name("config")
    world.asg.create_launch_configuration(
        LaunchConfigurationName=config, ImageId="ami-12c6146b", InstanceType="t3.small"
    )
    mixed = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {"LaunchTemplateName": world.template(), "Version": "$Latest"},
            "Overrides": [{"InstanceType": "t3.large"}],
        }
    }
    kinds: list[dict[str, Any]] = [
        {"InstanceId": source},
        {"LaunchConfigurationName": config},
        {"MixedInstancesPolicy": mixed},
    ]
    types = []
    for kind in kinds:
        group = name("group")
        world.asg.create_auto_scaling_group(
            AutoScalingGroupName=group, MinSize=1, MaxSize=1, AvailabilityZones=["us-east-1a"], **kind
        )
        types.append(world.until_members(group, ["InService"])[0]["InstanceType"])
    assert types == ["t3.small", "t3.small", "t3.large"]


def test_groups_come_in_pages(world: WorldClient) -> None:
    made = {world.group(0) for _ in range(3)}
    pages = list(world.asg.get_paginator("describe_auto_scaling_groups").paginate(MaxRecords=2))
    found = {one["AutoScalingGroupName"] for page in pages for one in page["AutoScalingGroups"]}
    assert found >= made
    assert max(len(page["AutoScalingGroups"]) for page in pages) == 2


def test_an_unknown_group_is_a_validation_error(world: WorldClient) -> None:
    assert world.described("no-such") is None
    for call in (
        lambda: world.asg.update_auto_scaling_group(AutoScalingGroupName="no-such", MinSize=0),
        lambda: world.asg.set_desired_capacity(AutoScalingGroupName="no-such", DesiredCapacity=0),
        lambda: world.asg.suspend_processes(AutoScalingGroupName="no-such"),
        lambda: world.asg.describe_scaling_activities(AutoScalingGroupName="no-such"),
    ):
        with refused("ValidationError"):
            call()
