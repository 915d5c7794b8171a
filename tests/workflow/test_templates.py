"""What the instances of a group get of its launch template and of the source, in the deployed stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.workflow.conftest import group_of, succeeded

if TYPE_CHECKING:
    from sandbox.client import Client


def member(sandbox: Client, group: str) -> Any:
    """One instance of the group, as EC2 describes it."""
    found = group_of(sandbox, group)
    assert found is not None
    ids = [one["InstanceId"] for one in found["Instances"]]
    return sandbox.ec2.describe_instances(InstanceIds=ids[:1])["Reservations"][0]["Instances"][0]


def started(sandbox: Client, source: str, group: str, **more: Any) -> dict[str, Any]:
    run_input = {"sourceInstanceId": source, "autoScalingGroupName": group, "rollout": "recreate", **more}
    return succeeded(sandbox.run(run_input))


def test_a_template_that_people_made_keeps_what_they_chose(sandbox: Client, group: str) -> None:
    seeded = sandbox.seed(instanceType="t3.small")
    stack = {"Key": "golden-image:stack", "Value": sandbox.endpoints.stackName}
    theirs: dict[str, Any] = {
        "ImageId": seeded["imageId"],
        "InstanceType": "m5.large",
        "UserData": "ZWNobyB0aGVpcnM=",
        "IamInstanceProfile": {"Name": "theirs"},
        "InstanceMarketOptions": {"MarketType": "spot"},
    }
    tags = [{"Key": "Owner", "Value": "gone"}, {"Key": "Team", "Value": "web"}]
    sandbox.make_profile("theirs")
    template = sandbox.ec2.create_launch_template(
        LaunchTemplateName=group,
        LaunchTemplateData={**theirs, "TagSpecifications": [{"ResourceType": "instance", "Tags": tags}]},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": [stack]}],
    )["LaunchTemplate"]["LaunchTemplateId"]
    sandbox.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=group,
        LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
        VPCZoneIdentifier=seeded["subnetId"],
        MinSize=1,
        MaxSize=1,
    )

    output = started(sandbox, seeded["instanceId"], group, launchTemplate={"tags": {"Owner": None}})

    version = str(output["launchTemplate"]["version"])
    found = sandbox.ec2.describe_launch_template_versions(LaunchTemplateId=template, Versions=[version])
    made: Any = found["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    assert {name: made[name] for name in theirs} == {**theirs, "ImageId": output["image"]["id"]}
    launched = member(sandbox, group)
    assert (launched["InstanceType"], launched["InstanceLifecycle"]) == ("m5.large", "spot")
    keys = {tag["Key"] for tag in launched["Tags"]}
    assert "Team" in keys
    assert "Owner" not in keys


def test_instances_of_a_new_template_are_like_the_source(sandbox: Client, group: str) -> None:
    interface = {"DeviceIndex": 0, "AssociatePublicIpAddress": True, "Ipv6AddressCount": 1}
    license_ = {"LicenseConfigurationArn": "arn:aws:license-manager:ap-northeast-2:123456789012:one"}
    launch = {
        "CpuOptions": {"CoreCount": 1, "ThreadsPerCore": 1},
        "LicenseSpecifications": [license_],
        "NetworkInterfaces": [{**interface, "InterfaceType": "efa"}],
    }
    source = sandbox.seed(launch=launch)["instanceId"]
    sandbox.ec2.modify_instance_attribute(InstanceId=source, SourceDestCheck={"Value": False})

    output = started(sandbox, source, group)

    launched = member(sandbox, group)
    (network,) = launched["NetworkInterfaces"]
    assert launched["CpuOptions"] == launch["CpuOptions"]
    assert launched["Licenses"] == [license_]
    assert (network["InterfaceType"], len(network["Ipv6Addresses"])) == ("efa", 1)
    assert launched["PublicIpAddress"]
    assert any("source/destination check that is off" in warning for warning in output["warnings"])


def test_instances_have_a_public_address_only_if_the_source_has_one(sandbox: Client, group: str) -> None:
    source = sandbox.seed()
    (subnet,) = sandbox.ec2.describe_subnets(SubnetIds=[source["subnetId"]])["Subnets"]
    assert subnet["MapPublicIpOnLaunch"]

    started(sandbox, source["instanceId"], group)

    assert "PublicIpAddress" not in member(sandbox, group)


def test_a_key_pair_that_was_deleted_is_taken_away_by_null(sandbox: Client, group: str) -> None:
    sandbox.ec2.create_key_pair(KeyName=group)
    source = sandbox.seed(keyName=group)["instanceId"]
    sandbox.ec2.delete_key_pair(KeyName=group)

    started(sandbox, source, group, launchTemplate={"keyName": None, "userData": None})

    assert "KeyName" not in member(sandbox, group)


def test_a_template_that_iam_and_auto_scaling_see_late_is_waited_for(sandbox: Client, group: str) -> None:
    source = sandbox.seed()["instanceId"]
    late = {"code": "UnauthorizedOperation", "message": "You are not authorized.", "status": 403, "times": 3}
    unknown = {"code": "ValidationError", "message": "The launch template, lt-0, does not exist.", "times": 2}
    sandbox.faults(
        {"service": "ec2", "action": "RunInstances", **late},
        {"service": "autoscaling", "action": "CreateAutoScalingGroup", **unknown},
    )

    started(sandbox, source, group)
