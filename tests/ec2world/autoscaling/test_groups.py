from typing import Any

import pytest

from tests.ec2world.client import WorldClient, ids, name, refused


def test_a_group_is_shown_as_it_was_created(world: WorldClient) -> None:
    subnets = ",".join(
        one["SubnetId"]
        for one in world.ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])[
            "Subnets"
        ][:2]
    )
    target = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/0123456789abcdef"
    world.control("PUT", "targets", {"targetGroupArn": target})
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


@pytest.mark.parametrize("public", [True, False])
def test_a_group_without_subnets_takes_no_template_that_states_public_addresses(
    world: WorldClient, public: bool
) -> None:
    interface = {"DeviceIndex": 0, "AssociatePublicIpAddress": public}
    template = world.template(NetworkInterfaces=[interface])
    with refused("ValidationError") as error:
        world.group(0, template=template)
    assert "AssociatePublicIpAddress field can not be specified" in str(error.value)
    world.group(0, template=template, VPCZoneIdentifier=world.subnet(), AvailabilityZones=[])


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


def test_subnets_and_security_groups_are_of_one_network(world: WorldClient) -> None:
    default, (_, other) = world.subnet(), world.network()
    with refused("ValidationError"):
        world.group(0, VPCZoneIdentifier=f"{default},{other}", AvailabilityZones=[])
    template = world.template(SecurityGroupIds=world.seed()["securityGroupIds"])
    with refused("ValidationError") as raised:
        world.group(0, template=template, VPCZoneIdentifier=other, AvailabilityZones=[])
    assert "not linked to the VPCs" in str(raised.value)
    group = world.group(0, template=template, VPCZoneIdentifier=default, AvailabilityZones=[])
    with refused("ValidationError"):
        again = {"LaunchTemplateName": template, "Version": "1"}
        world.asg.update_auto_scaling_group(
            AutoScalingGroupName=group, VPCZoneIdentifier=other, LaunchTemplate=again
        )


def test_a_group_launches_where_its_type_is_offered(world: WorldClient) -> None:
    without, subnet = world.subnet("us-east-1e"), world.subnet()
    group = world.group(2, VPCZoneIdentifier=f"{without},{subnet}", AvailabilityZones=[])
    instances = [world.instance(one) for one in ids(world.members(group))]
    assert {one["SubnetId"] for one in instances} == {subnet}
    nowhere = world.group(1, settled=False, VPCZoneIdentifier=without, AvailabilityZones=[])
    activity = world.asg.describe_scaling_activities(AutoScalingGroupName=nowhere)["Activities"][0]
    assert "not supported in your requested Availability Zone" in activity["StatusMessage"]
    world.asg.delete_auto_scaling_group(AutoScalingGroupName=nowhere)


def test_a_version_that_does_not_exist_and_an_image_that_is_gone_are_refused(world: WorldClient) -> None:
    template = world.template()
    with refused("ValidationError"):
        world.group(1, LaunchTemplate={"LaunchTemplateName": template, "Version": "9"})
    image = world.register(world.snapshot_set(world.seed()["instanceId"])[0])
    world.ec2.deregister_image(ImageId=image)
    with refused("ValidationError") as raised:
        world.group(1, template=world.template(ImageId=image))
    assert image in str(raised.value)


@pytest.mark.parametrize(
    ("version", "expected"), [("1", "1"), ("2", "2"), ("$Latest", "3"), ("$Default", "2"), (None, "2")]
)
def test_the_version_is_resolved_when_launching(
    world: WorldClient, version: str | None, expected: str
) -> None:
    template = world.template()
    for _ in range(2):
        world.ec2.create_launch_template_version(
            LaunchTemplateName=template, SourceVersion="1", LaunchTemplateData={"EbsOptimized": True}
        )
    world.ec2.modify_launch_template(LaunchTemplateName=template, DefaultVersion="2")
    reference = {"LaunchTemplateName": template} | ({"Version": version} if version else {})
    group = world.group(1, LaunchTemplate=reference)
    (member,) = world.members(group)
    assert member["LaunchTemplate"]["Version"] == expected
    world.ec2.create_launch_template_version(
        LaunchTemplateName=template, LaunchTemplateData={"EbsOptimized": True}
    )
    assert world.members(group)[0]["LaunchTemplate"]["Version"] == expected


def test_an_update_changes_only_what_it_names(world: WorldClient) -> None:
    template = world.template()
    world.ec2.create_launch_template_version(
        LaunchTemplateName=template, SourceVersion="1", LaunchTemplateData={"EbsOptimized": True}
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


def test_a_group_launches_from_a_template_or_a_launch_configuration_and_never_from_both(
    world: WorldClient,
) -> None:
    group, configuration = world.group(1), name("configuration")
    world.asg.create_launch_configuration(
        LaunchConfigurationName=configuration, ImageId="ami-0123456789abcdef0", InstanceType="t3.small"
    )
    shown = world.described(group)
    assert shown is not None
    template = shown["LaunchTemplate"]["LaunchTemplateId"]
    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, LaunchConfigurationName=configuration)
    shown = world.described(group)
    assert shown is not None
    assert (shown["LaunchConfigurationName"], shown.get("LaunchTemplate")) == (configuration, None)
    world.asg.update_auto_scaling_group(
        AutoScalingGroupName=group, LaunchTemplate={"LaunchTemplateId": template, "Version": "1"}
    )
    shown = world.described(group)
    assert shown is not None
    assert (shown["LaunchTemplate"]["LaunchTemplateId"], shown.get("LaunchConfigurationName")) == (
        template,
        None,
    )
    with refused("ValidationError"):
        world.asg.update_auto_scaling_group(AutoScalingGroupName=group, LaunchConfigurationName="no-such")


def test_a_version_whose_image_is_gone_is_no_version_for_a_group(world: WorldClient) -> None:
    group, template = world.group(1), name("template")
    image = world.ec2.create_image(InstanceId=world.seed()["instanceId"], NoReboot=True, Name=name("image"))[
        "ImageId"
    ]
    data = {"ImageId": image, "InstanceType": "t3.small"}
    world.ec2.create_launch_template(LaunchTemplateName=template, LaunchTemplateData=data)
    world.ec2.deregister_image(ImageId=image)
    with refused("ValidationError"):
        world.asg.update_auto_scaling_group(
            AutoScalingGroupName=group, LaunchTemplate={"LaunchTemplateName": template, "Version": "1"}
        )
