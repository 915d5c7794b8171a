"""What instance refreshes refuse, and their defaults."""

from typing import Any

import pytest

from tests.ec2world.client import WorldClient, ids, name, refused
from tests.world.refreshes import latest, resize, start, two_versions, until_status, version


@pytest.mark.parametrize("moving", ["$Latest", "$Default", "image", None])
def test_auto_rollback_needs_a_numbered_version_with_an_image(world: WorldClient, moving: str | None) -> None:
    group, desired = two_versions(world)
    template = desired["LaunchTemplate"]["LaunchTemplateName"]
    configuration: dict[str, Any] = {"DesiredConfiguration": desired}
    if moving == "image":
        parameter = name("image")
        world.client("ssm").put_parameter(Name=parameter, Value="ami-12c6146b", Type="String")
        world.ec2.create_launch_template_version(
            LaunchTemplateName=template,
            SourceVersion="1",
            LaunchTemplateData={"ImageId": f"resolve:ssm:{parameter}"},
        )
        configuration = {
            "DesiredConfiguration": {"LaunchTemplate": {"LaunchTemplateName": template, "Version": "3"}}
        }
    elif moving is None:
        configuration = {}
    else:
        world.asg.update_auto_scaling_group(
            AutoScalingGroupName=group,
            LaunchTemplate={"LaunchTemplateName": template, "Version": moving},
        )
    with refused("ValidationError"):
        start(world, group, **configuration, Preferences={"AutoRollback": True})
    start(world, group, **configuration)


def test_a_refresh_has_awss_defaults(world: WorldClient) -> None:
    group = world.group(0, HealthCheckGracePeriod=77)
    start(world, group)
    assert latest(world, group)["Preferences"] == {
        "MinHealthyPercentage": 90,
        "InstanceWarmup": 77,
        "SkipMatching": False,
        "AutoRollback": False,
        "ScaleInProtectedInstances": "Wait",
        "StandbyInstances": "Wait",
    }
    warm = world.group(0, HealthCheckGracePeriod=77, DefaultInstanceWarmup=30)
    start(world, warm, Preferences={"CheckpointPercentages": [50, 100]})
    shown = latest(world, warm)["Preferences"]
    assert (shown["InstanceWarmup"], shown["CheckpointDelay"]) == (30, 3600)


@pytest.mark.parametrize(
    "wrong",
    [
        {"CheckpointPercentages": [50, 20]},
        {"CheckpointPercentages": [50, 50]},
        {"CheckpointPercentages": [100], "CheckpointDelay": 172_801},
        {"CheckpointDelay": 60},
        {"BakeTime": 172_801},
        {"MaxHealthyPercentage": 110},
        {"MinHealthyPercentage": 90, "MaxHealthyPercentage": 201},
        {"MinHealthyPercentage": 50, "MaxHealthyPercentage": 151},
    ],
)
def test_preferences_are_within_awss_limits(world: WorldClient, wrong: dict[str, Any]) -> None:
    with refused("ValidationError"):
        start(world, world.group(0), Preferences=wrong)


def test_replacing_root_volumes_needs_an_image_in_every_override(world: WorldClient) -> None:
    group, desired = two_versions(world)
    with refused("ValidationError"):
        start(world, group, Strategy="ReplaceRootVolume", DesiredConfiguration=desired)
    root, data = world.snapshot_set(world.seed()["instanceId"])
    disks = [
        {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": root}},
        {"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": data}},
    ]
    one_disk, two_disks = (world.available_image(root, BlockDeviceMappings=disks[:n]) for n in (1, 2))

    def overriding(*overrides: dict[str, str]) -> dict[str, Any]:
        specification = desired["LaunchTemplate"]
        return {
            "MixedInstancesPolicy": {
                "LaunchTemplate": {
                    "LaunchTemplateSpecification": specification,
                    "Overrides": list(overrides),
                }
            }
        }

    for wrong in (
        overriding({"InstanceType": "t3.small"}),
        overriding({"InstanceType": "t3.small", "ImageId": two_disks}),
    ):
        with refused("ValidationError"):
            start(world, group, Strategy="ReplaceRootVolume", DesiredConfiguration=wrong)
    resize(world, group, 1)
    before = ids(world.members(group))
    right = overriding({"InstanceType": "t3.small", "ImageId": one_disk})
    start(world, group, Strategy="ReplaceRootVolume", DesiredConfiguration=right)
    until_status(world, group, "Successful")
    assert ids(world.members(group)) == before


def test_a_refresh_is_rolled_back_only_while_it_is_under_way(world: WorldClient) -> None:
    group, desired = two_versions(world)
    with refused("ActiveInstanceRefreshNotFound"):
        world.asg.rollback_instance_refresh(AutoScalingGroupName=group)
    with world.standing_still():
        start(world, group, DesiredConfiguration=desired)
        world.asg.rollback_instance_refresh(AutoScalingGroupName=group)
        assert latest(world, group)["Status"] == "RollbackInProgress"
    until_status(world, group, "RollbackSuccessful")
    with refused("ActiveInstanceRefreshNotFound"):
        world.asg.rollback_instance_refresh(AutoScalingGroupName=group)
    assert version(world, group) == "1"


def test_a_refresh_without_a_configuration_cannot_be_rolled_back(world: WorldClient) -> None:
    group = world.group(0)
    with world.standing_still():
        start(world, group)
        with refused("IrreversibleInstanceRefresh"):
            world.asg.rollback_instance_refresh(AutoScalingGroupName=group)


def by_requirements(group: dict[str, Any]) -> dict[str, Any]:
    """A policy of the template that takes every instance with some attributes."""
    attributes = {"VCpuCount": {"Min": 2}, "MemoryMiB": {"Min": 2048}}
    return {
        "MixedInstancesPolicy": {
            "LaunchTemplate": {
                "LaunchTemplateSpecification": group["LaunchTemplate"],
                "Overrides": [{"InstanceRequirements": attributes}],
            }
        }
    }


def test_attribute_based_selection_takes_neither_matching_nor_a_configuration(world: WorldClient) -> None:
    group, desired = two_versions(world)
    with refused("ValidationError"):
        start(world, group, DesiredConfiguration=by_requirements(desired))
    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, **by_requirements(desired))
    for more in ({"DesiredConfiguration": desired}, {"Preferences": {"SkipMatching": True}}):
        with refused("ValidationError"):
            start(world, group, **more)
    start(world, group)
