from typing import Any

import pytest

from tests.ec2world.client import WorldClient, name, refused

KOREAN = "nginx 설치를 마친 웹 서버"


@pytest.mark.parametrize("description", [KOREAN, "dash — dash", "d" * 256])
def test_a_description_beyond_ascii_or_too_long_is_refused(world: WorldClient, description: str) -> None:
    source = world.seed()
    snapshot = world.snapshot_set(source["instanceId"])[0]
    with refused("InvalidParameterValue"):
        world.snapshot_set(source["instanceId"], Description=description)
    with refused("InvalidParameterValue"):
        world.ec2.create_snapshot(VolumeId=source["volumeIds"][0], Description=description)
    with refused("InvalidParameterValue"):
        world.register(snapshot, Description=description)
    with refused("InvalidParameterValue"):
        world.ec2.create_image(InstanceId=source["instanceId"], Name=name("d"), Description=description)


def test_a_refused_description_is_told_in_ec2s_words(world: WorldClient) -> None:
    with pytest.raises(Exception, match=r"Value \(웹\) .*Character sets beyond ASCII are not supported"):
        world.snapshot_set(world.seed()["instanceId"], Description="웹")


def test_a_tag_may_be_in_any_language(world: WorldClient) -> None:
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "팀", "Value": KOREAN}]}]
    made = world.snapshot_set(world.seed()["instanceId"], TagSpecifications=tags)
    assert world.snapshots(made)[0]["Tags"] == [{"Key": "팀", "Value": KOREAN}]


def test_a_versions_description_is_held_to_the_same(world: WorldClient) -> None:
    data: dict[str, Any] = {"InstanceType": "t3.small"}
    with refused("InvalidParameterValue"):
        world.ec2.create_launch_template(
            LaunchTemplateName=name("lt"), LaunchTemplateData=data, VersionDescription=KOREAN
        )
    template = world.template()
    with refused("InvalidParameterValue"):
        world.ec2.create_launch_template_version(
            LaunchTemplateId=template, LaunchTemplateData=data, VersionDescription=KOREAN
        )


@pytest.mark.parametrize("wrong", ["웹 서버", "a b c", "ab", "w" * 129])
def test_a_malformed_template_name_is_refused(world: WorldClient, wrong: str) -> None:
    with refused("InvalidLaunchTemplateName.MalformedException"):
        world.ec2.create_launch_template(
            LaunchTemplateName=wrong, LaunchTemplateData={"InstanceType": "t3.small"}
        )
