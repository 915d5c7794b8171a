"""What a group launches from before a run: the plan finds the same as the roll-back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from golden_image.group import group, launchable

if TYPE_CHECKING:
    from collections.abc import Callable

    from golden_image.model.group import GroupState
    from tests.unit.account import Account

VERSIONS = ("1", "$Latest", "$Default")


@pytest.fixture
def image_id(account: Account) -> str:
    """An image of the account."""
    made: str = account.client("ec2").create_image(
        InstanceId=account.seed(state="stopped"), Name="earlier", NoReboot=True
    )["ImageId"]
    account.client("ec2").describe_images(ImageIds=[made])
    return made


def launches(account: Account, version: str = "1", **data: Any) -> GroupState:
    """The group on a template with that content."""
    ec2 = account.client("ec2")
    ec2.create_launch_template(
        LaunchTemplateName="earlier", LaunchTemplateData={"InstanceType": "t3.small", **data}
    )
    template = {"LaunchTemplateName": "earlier", "Version": version}
    account.group(LaunchTemplate=template, DesiredCapacity=0)
    return state()


def state() -> GroupState:
    found = group.find("web")
    assert found
    return group.state(found, None)


def why(before: GroupState) -> str | None:
    """What the plan and the roll-back say, which is the same."""
    now = launchable.why_not_now(before, before.subnet_ids)
    later = launchable.why_not(before, None, before.subnet_ids)
    assert str(now).partition(":")[0] == str(later).partition(":")[0]
    return now


@pytest.mark.parametrize("version", VERSIONS)
def test_a_group_whose_image_was_deregistered_cannot_launch(
    account: Account, image_id: str, version: str
) -> None:
    before = launches(account, version, ImageId=image_id)
    assert why(before) is None
    account.client("ec2").deregister_image(ImageId=image_id)
    assert image_id in str(why(before))


def test_a_group_whose_image_is_disabled_cannot_launch(account: Account, image_id: str) -> None:
    before = launches(account, ImageId=image_id)
    account.client("ec2").disable_image(ImageId=image_id)
    assert "InvalidAMIID.Unavailable" in str(why(before))
    account.client("ec2").enable_image(ImageId=image_id)
    assert why(before) is None


def lose_key(account: Account) -> None:
    account.client("ec2").delete_key_pair(KeyName="own")


def lose_security_group(account: Account) -> None:
    account.client("ec2").delete_security_group(GroupName="own")


def lose_placement_group(account: Account) -> None:
    account.world.ec2.placement_groups.clear()


@pytest.mark.parametrize(
    ("lose", "data", "code"),
    [
        (lose_key, {"KeyName": "own"}, "InvalidKeyPair."),
        (lose_security_group, {"SecurityGroups": ["own"]}, "InvalidGroup."),
        (lose_placement_group, {"Placement": {"GroupName": "own"}}, "InvalidPlacementGroup."),
    ],
)
def test_a_group_that_has_lost_a_part_of_its_version_cannot_launch(
    account: Account, image_id: str, lose: Callable[[Account], None], data: dict[str, Any], code: str
) -> None:
    ec2 = account.client("ec2")
    ec2.create_key_pair(KeyName="own")
    ec2.create_security_group(GroupName="own", Description="own")
    ec2.create_placement_group(GroupName="own", Strategy="spread")
    before = launches(account, ImageId=image_id, **data)
    assert why(before) is None
    lose(account)
    assert str(why(before)).startswith(code)


def test_security_groups_of_an_interface_may_be_gone_too(account: Account, image_id: str) -> None:
    ec2 = account.client("ec2")
    own = ec2.create_security_group(GroupName="own", Description="own")["GroupId"]
    interfaces = [{"DeviceIndex": 0, "Groups": [own]}]
    before = launches(account, ImageId=image_id, NetworkInterfaces=interfaces)
    ec2.delete_security_group(GroupId=own)
    assert str(why(before)).startswith("InvalidGroup.")


def test_an_image_is_missed_behind_interfaces_too(account: Account, image_id: str) -> None:
    before = launches(account, ImageId=image_id, NetworkInterfaces=[{"DeviceIndex": 0}])
    assert why(before) is None
    account.client("ec2").deregister_image(ImageId=image_id)
    assert str(why(before)).startswith("InvalidAMIID.")


def test_a_group_whose_template_or_version_was_deleted_cannot_launch(account: Account, image_id: str) -> None:
    before = launches(account, ImageId=image_id)
    ec2 = account.client("ec2")
    ec2.create_launch_template_version(
        LaunchTemplateName="earlier", SourceVersion="1", LaunchTemplateData={"InstanceType": "t3.large"}
    )
    ec2.modify_launch_template(LaunchTemplateName="earlier", DefaultVersion="2")
    ec2.delete_launch_template_versions(LaunchTemplateName="earlier", Versions=["1"])
    assert str(why(before)).startswith("InvalidLaunchTemplateId.VersionNotFound")
    ec2.delete_launch_template(LaunchTemplateName="earlier")
    assert str(why(before)).startswith("InvalidLaunchTemplateId.NotFound")


def test_an_image_that_a_parameter_names_is_tried(account: Account, image_id: str) -> None:
    account.client("ssm").put_parameter(Name="/base", Value=image_id, Type="String")
    before = launches(account, ImageId="resolve:ssm:/base")
    assert why(before) is None
    account.client("ec2").deregister_image(ImageId=image_id)
    assert str(why(before)).startswith("InvalidAMIID.")
    account.client("ssm").delete_parameter(Name="/base")
    assert str(why(before)).startswith("InvalidParameterValue: The SSM parameter")


def test_a_launch_that_is_not_allowed_says_nothing(account: Account, image_id: str) -> None:
    before = launches(account, ImageId=image_id)
    account.client("ec2").deregister_image(ImageId=image_id)
    denied = {"code": "UnauthorizedOperation", "status": 403, "times": 2}
    account.faults({"service": "ec2", "action": "RunInstances", **denied})
    assert why(before) is None


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
    assert why(before) is None
    account.client("ec2").deregister_image(ImageId=image_id)
    assert why(before) == f"the image {image_id} of the launch configuration 'old' is gone or disabled"


def test_trouble_with_the_trial_is_no_reason(account: Account, image_id: str) -> None:
    before = launches(account, ImageId=image_id)
    account.faults({"service": "ec2", "action": "RunInstances", "code": "RequestLimitExceeded"})
    with pytest.raises(ClientError, match="RequestLimitExceeded"):
        launchable.why_not_now(before, before.subnet_ids)
