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


def until_status(world: WorldClient, group: str, status: str, step: float = 0) -> None:
    """Wait until the latest refresh has a status; `step` virtual seconds pass between two looks at least."""

    def is_so() -> bool:
        world.skip_time(step)
        return bool(latest(world, group)["Status"] == status)

    world.until(is_so)


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


def now(world: WorldClient, group: str) -> float:
    """The virtual time."""
    at: float = world.control("GET", f"capacity?group={group}")["now"]
    return at


def capacity(world: WorldClient, group: str, since: float) -> dict[str, Any]:
    """The counts of a group's members since a virtual time."""
    counts: dict[str, Any] = world.control("GET", f"capacity?group={group}&since={since}")
    return counts


def most(counts: dict[str, Any]) -> int:
    """The most members that were in service or on their way in."""
    return max(one["inService"] + one["pending"] for one in counts["changes"])


def rolled(world: WorldClient, group: str, status: str = "Successful", **more: Any) -> dict[str, Any]:
    """The counts of a group's members while a refresh ran to its end."""
    since = now(world, group)
    start(world, group, **more)
    until_status(world, group, status)
    return capacity(world, group, since)


def until_new_in_service(world: WorldClient, group: str, count: int, number: str = "2") -> None:
    """Wait until so many members of a version are in service."""
    world.until(
        lambda: (
            sum(
                one["LaunchTemplate"]["Version"] == number and one["LifecycleState"] == "InService"
                for one in world.members(group)
            )
            == count
        )
    )
