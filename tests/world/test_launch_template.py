"""Launch templates and their versions."""

from typing import Any

import pytest

from ec2world.ec2.launch_templates import Template
from ec2world.wire.errors import AWSError
from tests.ec2world.client import WorldClient, name, refused


def numbers(answer: dict[str, Any]) -> list[int]:
    return [one["VersionNumber"] for one in answer["LaunchTemplateVersions"]]


def test_a_version_builds_on_another_without_its_snapshots(world: WorldClient) -> None:
    snapshot = world.snapshot_set(world.seed()["instanceId"])[0]
    disk = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot, "VolumeSize": 9}}
    template = world.template(KeyName="key", BlockDeviceMappings=[disk])
    version = world.ec2.create_launch_template_version(
        LaunchTemplateName=template,
        SourceVersion="1",
        VersionDescription="second",
        LaunchTemplateData={"InstanceType": "t3.large"},
    )["LaunchTemplateVersion"]
    data = version["LaunchTemplateData"]
    assert (version["VersionNumber"], version["VersionDescription"]) == (2, "second")
    assert (data["KeyName"], data["InstanceType"]) == ("key", "t3.large")
    assert data["BlockDeviceMappings"] == [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 9}}]


def test_versions_come_in_pages_of_200(world: WorldClient) -> None:
    template = world.template()
    for _ in range(204):
        world.ec2.create_launch_template_version(
            LaunchTemplateName=template, LaunchTemplateData={"KeyName": "k"}
        )
    first = world.ec2.describe_launch_template_versions(LaunchTemplateName=template)
    assert len(numbers(first)) == 200
    second = world.ec2.describe_launch_template_versions(
        LaunchTemplateName=template, NextToken=first["NextToken"]
    )
    assert sorted(numbers(first) + numbers(second)) == list(range(1, 206))
    with refused("InvalidParameterValue"):
        world.ec2.describe_launch_template_versions(LaunchTemplateName=template, MaxResults=201)


def test_a_doubtful_template_is_made_with_a_warning(world: WorldClient) -> None:
    snapshot = world.snapshot_set(world.seed()["instanceId"])[0]
    image = world.register(snapshot)
    world.ec2.deregister_image(ImageId=image)
    answer = world.ec2.create_launch_template(
        LaunchTemplateName=name("odd"), LaunchTemplateData={"ImageId": image}
    )
    assert answer["Warning"]["Errors"][0]["Code"] == "InvalidAMIID.NotFound"


def test_a_dry_run_checks_what_the_template_would_launch(world: WorldClient) -> None:
    def dry_run(template: str) -> None:
        world.ec2.run_instances(
            LaunchTemplate={"LaunchTemplateName": template, "Version": "$Latest"},
            MinCount=1,
            MaxCount=1,
            DryRun=True,
        )

    with refused("DryRunOperation") as raised:
        dry_run(world.template())
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    with refused("InvalidGroup.NotFound"):
        dry_run(world.template(SecurityGroupIds=["sg-00000000000000000"]))
    with refused("InvalidSubnetID.NotFound"):
        dry_run(
            world.template(NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": "subnet-00000000000000000"}])
        )
    with refused("InvalidParameterValue"):
        dry_run(world.template(InstanceType="t4g.small"))
    snapshot = world.snapshot_set(world.seed()["instanceId"])[0]
    with world.standing_still():
        pending = world.register(snapshot)
        with refused("InvalidAMIID.Unavailable"):
            dry_run(world.template(ImageId=pending))


@pytest.mark.parametrize("wrong", ["웹 서버", "a b c", "ab", "w" * 129])
def test_a_malformed_template_name_is_refused(world: WorldClient, wrong: str) -> None:
    with refused("InvalidLaunchTemplateName.MalformedException"):
        world.ec2.create_launch_template(
            LaunchTemplateName=wrong, LaunchTemplateData={"InstanceType": "t3.small"}
        )


def test_a_tag_may_be_in_any_language(world: WorldClient) -> None:
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "팀", "Value": "웹 서버 — 값"}]}]
    made = world.snapshot_set(world.seed()["instanceId"], TagSpecifications=tags)
    assert world.snapshots(made)[0]["Tags"] == [{"Key": "팀", "Value": "웹 서버 — 값"}]


def test_a_template_has_at_most_10_000_versions() -> None:
    template = Template.__new__(Template)  # so many calls would take half a minute
    template.id, template.versions, template.versions_made = "lt-0", [None] * 9_999, 9_999
    template.create_version({}, None)
    with pytest.raises(AWSError) as raised:
        template.create_version({}, None)
    assert raised.value.code == "VersionLimitExceeded"
