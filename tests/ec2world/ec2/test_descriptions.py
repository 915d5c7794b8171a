from typing import Any

import pytest

from tests.ec2world.client import WorldClient, name, refused

KOREAN = "nginx 설치를 마친 웹 서버"


def test_a_refused_description_is_told_in_ec2s_words(world: WorldClient) -> None:
    with pytest.raises(Exception, match=r"Value \(웹\) .*Character sets beyond ASCII are not supported"):
        world.snapshot_set(world.seed()["instanceId"], Description="웹")


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
