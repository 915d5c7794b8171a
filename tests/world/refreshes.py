"""Instance refreshes of groups that have a template of two versions."""

from typing import Any

from tests.ec2world.client import WorldClient, ids


def two_versions(world: WorldClient) -> tuple[str, dict[str, Any]]:
    """A group on version 1 of a template, and version 2 as a desired configuration."""
    template = world.template()
    world.ec2.create_launch_template_version(
        LaunchTemplateName=template, SourceVersion="1", LaunchTemplateData={"EbsOptimized": True}
    )
    group = world.group(0, template=template)
    return group, {"LaunchTemplate": {"LaunchTemplateName": template, "Version": "2"}}


def start(world: WorldClient, group: str, **more: Any) -> None:
    world.asg.start_instance_refresh(AutoScalingGroupName=group, **more)


def latest(world: WorldClient, group: str) -> dict[str, Any]:
    shown: dict[str, Any] = world.asg.describe_instance_refreshes(AutoScalingGroupName=group)[
        "InstanceRefreshes"
    ][0]
    return shown


def until_status(world: WorldClient, group: str, status: str) -> None:
    world.until(lambda: latest(world, group)["Status"] == status)


def version(world: WorldClient, group: str) -> str:
    described = world.described(group)
    assert described is not None
    number: str = described["LaunchTemplate"]["Version"]
    return number


def versions(world: WorldClient, group: str) -> list[str]:
    """The versions that the group's members were launched from."""
    return sorted(one["LaunchTemplate"]["Version"] for one in world.members(group))


def resize(world: WorldClient, group: str, size: int) -> None:
    world.asg.set_desired_capacity(AutoScalingGroupName=group, DesiredCapacity=size)
    world.until_members(group, ["InService"] * size)


def held(world: WorldClient, group: str, kind: str) -> None:
    """Protect the group's members from scale-in, or put them on standby."""
    members = {"AutoScalingGroupName": group, "InstanceIds": ids(world.members(group))}
    if kind == "protected":
        world.asg.set_instance_protection(**members, ProtectedFromScaleIn=True)
    else:
        world.asg.enter_standby(**members, ShouldDecrementDesiredCapacity=True)
