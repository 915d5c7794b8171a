"""Images that are no longer wanted: where they are in use, and the steps before they are gone."""

import pytest

from tests.ec2world.client import WorldClient, name, refused

PUBLIC = "ami-12c6146b"


@pytest.fixture
def image(world: WorldClient) -> str:
    """An available image of the account."""
    return world.available_image(world.snapshot_set(world.seed()["instanceId"])[0])


def dry_run(world: WorldClient, image: str, code: str) -> None:
    """Expect that code of a launch from the image."""
    with refused(code):
        world.ec2.run_instances(ImageId=image, InstanceType="t3.small", MinCount=1, MaxCount=1, DryRun=True)


def test_references_are_instances_templates_and_parameters(world: WorldClient, image: str) -> None:
    world.ec2.run_instances(ImageId=image, InstanceType="t3.small", MinCount=1, MaxCount=1)
    world.template(ImageId=image)
    world.client("ssm").put_parameter(
        Name=name("image"), Value=image, Type="String", DataType="aws:ec2:image"
    )
    configuration = name("configuration")
    world.asg.create_launch_configuration(
        LaunchConfigurationName=configuration, ImageId=image, InstanceType="t3.small"
    )
    world.asg.create_auto_scaling_group(
        AutoScalingGroupName=name("group"),
        LaunchConfigurationName=configuration,
        MinSize=0,
        MaxSize=0,
        AvailabilityZones=["us-east-1a"],
    )
    found = world.ec2.describe_image_references(ImageIds=[image], IncludeAllResourceTypes=True)
    kinds = sorted(one["ResourceType"] for one in found["ImageReferences"])
    assert kinds == ["ec2:Instance", "ec2:LaunchTemplate", "ssm:Parameter"]
    assert {one["ImageId"] for one in found["ImageReferences"]} == {image}


def test_ten_versions_of_a_template_are_looked_through(world: WorldClient, image: str) -> None:
    template = world.template(ImageId=image)
    for _ in range(10):
        world.ec2.create_launch_template_version(
            LaunchTemplateName=template, LaunchTemplateData={"ImageId": PUBLIC}
        )
    found = world.ec2.describe_image_references(ImageIds=[image], IncludeAllResourceTypes=True)
    assert found["ImageReferences"] == []
    depth = [{"OptionName": "version-depth", "OptionValues": ["11"]}]
    found = world.ec2.describe_image_references(
        ImageIds=[image],
        ResourceTypes=[{"ResourceType": "ec2:LaunchTemplate", "ResourceTypeOptions": depth}],
    )
    assert [one["ResourceType"] for one in found["ImageReferences"]] == ["ec2:LaunchTemplate"]


def test_references_of_ten_images_are_described_in_a_call(world: WorldClient) -> None:
    ids = [f"ami-{number:017x}" for number in range(11)]
    with refused("InvalidParameterValue"):
        world.ec2.describe_image_references(ImageIds=ids, IncludeAllResourceTypes=True)
    world.ec2.describe_image_references(ImageIds=ids[:10], IncludeAllResourceTypes=True)


def test_a_deprecated_image_can_still_be_launched(world: WorldClient, image: str) -> None:
    world.ec2.enable_image_deprecation(ImageId=image, DeprecateAt="2030-01-01T00:00:00Z")
    assert world.image(image)["DeprecationTime"].startswith("2030-01-01T00:00")
    dry_run(world, image, "DryRunOperation")


def test_a_disabled_image_cannot_be_launched_until_it_is_enabled(world: WorldClient, image: str) -> None:
    world.ec2.disable_image(ImageId=image)
    dry_run(world, image, "InvalidAMIID.Unavailable")
    assert world.ec2.describe_images(ImageIds=[image])["Images"] == []
    (shown,) = world.ec2.describe_images(ImageIds=[image], IncludeDisabled=True)["Images"]
    assert shown["State"] == "disabled"
    world.ec2.enable_image(ImageId=image)
    dry_run(world, image, "DryRunOperation")


def test_a_protected_image_is_not_deregistered_before_its_cooldown_is_over(
    world: WorldClient, image: str
) -> None:
    world.ec2.enable_image_deregistration_protection(ImageId=image, WithCooldown=True)
    with refused("OperationNotPermitted"):
        world.ec2.deregister_image(ImageId=image)
    with world.standing_still():
        world.ec2.disable_image_deregistration_protection(ImageId=image)
        with refused("OperationNotPermitted"):
            world.ec2.deregister_image(ImageId=image)
        world.pass_time(24 * 3600)
        world.ec2.deregister_image(ImageId=image)


def test_a_launch_is_shown_a_day_later(world: WorldClient, image: str) -> None:
    with world.standing_still():
        world.ec2.run_instances(ImageId=image, InstanceType="t3.small", MinCount=1, MaxCount=1)
        assert "LastLaunchedTime" not in world.image(image)
        world.pass_time(24 * 3600)
        assert "LastLaunchedTime" in world.image(image)
