from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from golden_image.group import group
from golden_image.group.way_back import reason_not_launchable
from golden_image.image import registration
from golden_image.model.image import Image
from golden_image.source import facts
from tests.unit.account import OTHER_RUN

if TYPE_CHECKING:
    from golden_image.model.group import GroupState
    from tests.unit.account import Account


pytestmark = pytest.mark.usefixtures("open_runs")


@pytest.fixture
def image_id(account: Account) -> str:
    """An image of an earlier run."""
    described = facts.describe(facts.find(account.seed(state="stopped")))
    made = registration.create(OTHER_RUN, Image("earlier", "", {}), described)
    account.client("ec2").describe_snapshots(OwnerIds=["self"])
    return made


def launches(account: Account, image_id: str, version: str = "1") -> GroupState:
    """The group on a template with that image."""
    template = account.client("ec2").create_launch_template(
        LaunchTemplateName="earlier", LaunchTemplateData={"ImageId": image_id, "InstanceType": "t3.small"}
    )["LaunchTemplate"]
    account.group(
        LaunchTemplate={"LaunchTemplateId": template["LaunchTemplateId"], "Version": version},
        DesiredCapacity=0,
    )
    return state()


def state() -> GroupState:
    found = group.find("web")
    assert found
    return group.state(found, None)


@pytest.mark.parametrize("version", ["1", "$Latest", "$Default"])
def test_a_group_whose_image_is_there_can_launch(account: Account, image_id: str, version: str) -> None:
    assert reason_not_launchable(launches(account, image_id, version)) is None


@pytest.mark.parametrize("version", ["1", "$Latest", "$Default"])
def test_a_group_whose_image_was_deregistered_cannot(account: Account, image_id: str, version: str) -> None:
    before = launches(account, image_id, version)
    account.client("ec2").deregister_image(ImageId=image_id)
    reason = reason_not_launchable(before)
    assert reason == (
        f"version {version} of launch template {before.launch_template_id} has the image {image_id}, "
        "which is gone or no longer shared with this account"
    )


def test_a_group_whose_image_is_disabled_cannot(account: Account, image_id: str) -> None:
    before = launches(account, image_id)
    account.client("ec2").disable_image(ImageId=image_id)
    assert str(reason_not_launchable(before)).endswith(f"{image_id}, which is disabled")
    account.client("ec2").enable_image(ImageId=image_id)
    assert reason_not_launchable(before) is None


def test_a_group_whose_template_or_version_was_deleted_cannot(account: Account, image_id: str) -> None:
    before = launches(account, image_id)
    ec2 = account.client("ec2")
    ec2.create_launch_template_version(
        LaunchTemplateName="earlier", SourceVersion="1", LaunchTemplateData={"InstanceType": "t3.large"}
    )
    ec2.modify_launch_template(LaunchTemplateName="earlier", DefaultVersion="2")
    ec2.delete_launch_template_versions(LaunchTemplateName="earlier", Versions=["1"])
    assert (
        reason_not_launchable(before) == f"version 1 of launch template {before.launch_template_id} is gone"
    )
    ec2.delete_launch_template(LaunchTemplateName="earlier")
    assert (
        reason_not_launchable(before) == f"version 1 of launch template {before.launch_template_id} is gone"
    )


def test_an_image_that_a_parameter_names_is_looked_up(account: Account, image_id: str) -> None:
    account.client("ssm").put_parameter(Name="/base", Value=image_id, Type="String")
    before = launches(account, "resolve:ssm:/base")
    assert reason_not_launchable(before) is None
    account.client("ec2").deregister_image(ImageId=image_id)
    assert f"launches from resolve:ssm:/base, which has the image {image_id}" in str(
        reason_not_launchable(before)
    )
    account.client("ssm").delete_parameter(Name="/base")
    assert "resolve:ssm:/base, which has no image: InvalidParameterValue" in str(
        reason_not_launchable(before)
    )


def test_a_parameter_that_may_not_be_read_says_nothing(account: Account, image_id: str) -> None:
    account.client("ssm").put_parameter(Name="/base", Value=image_id, Type="String")
    before = launches(account, "resolve:ssm:/base")
    denied = {"code": "UnauthorizedOperation", "status": 403, "match": {"ResolveAlias": True}}
    account.faults({"service": "ec2", "action": "DescribeLaunchTemplateVersions", **denied})
    assert reason_not_launchable(before) is None


def test_the_image_of_a_launch_configuration_is_looked_up(account: Account, image_id: str) -> None:
    autoscaling = account.client("autoscaling")
    autoscaling.create_launch_configuration(
        LaunchConfigurationName="old", ImageId=image_id, InstanceType="t3.small"
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchConfigurationName="old",
        MinSize=0,
        MaxSize=2,
        VPCZoneIdentifier=account.subnets()[0],
    )
    before = state()
    assert reason_not_launchable(before) is None
    account.client("ec2").deregister_image(ImageId=image_id)
    assert reason_not_launchable(before) == (
        f"launch configuration 'old' has the image {image_id}, "
        "which is gone or no longer shared with this account"
    )


def test_trouble_with_the_look_up_is_no_reason(account: Account, image_id: str) -> None:
    before = launches(account, image_id)
    account.faults({"service": "ec2", "action": "DescribeImages", "code": "RequestLimitExceeded"})
    with pytest.raises(ClientError, match="RequestLimitExceeded"):
        reason_not_launchable(before)
