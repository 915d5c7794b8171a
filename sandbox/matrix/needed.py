"""What somebody else has come to need of a run: its undo keeps that and says so, and nobody touches it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sandbox.matrix import somebody
from sandbox.matrix.standing import describe_group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import Client
    from sandbox.matrix.made import Made
    from sandbox.matrix.situation import Situation

Calls = list[dict[str, Any]]
_KEPT = "is kept with its image and snapshots, as "


def reasons(situation: Situation, calls: Calls) -> list[str]:
    """Why the run's version is kept, in the words of a roll-back; none where nobody needs it."""
    found = []
    if _use(calls):
        found.append(f"these groups use it since: '{situation.foreign['group']}'")
    if _default(calls):
        found.append("somebody has made it the template's default version since")
    return found


def is_told(cause: str | None, why: list[str]) -> bool:
    """Whether the cause of a failed run says that its version is kept, and why."""
    return any(_KEPT + one in str(cause) for one in why)


def not_kept(situation: Situation, has: Made) -> Iterator[tuple[str, str]]:
    """What a group that uses the version has lost, and what of the run nobody needs."""
    counts: dict[str, tuple[list[Any], int]] = {
        "launch templates": (has.templates, 0 if situation.versions else 1),
        "template versions": (has.versions, 1),
        "images": (has.images, 1),
        "snapshots": (has.snapshots, len(situation.volumes)),
    }
    for what, (found, needed) in counts.items():
        if len(found) != needed:
            kind = "foreignTouched" if len(found) < needed else "leaked"
            yield kind, f"of {needed} {what} that somebody else needs there are {len(found)}"
    unused = [*(one["InstanceId"] for one in has.instances), *has.volumes, *(["the group"] * has.group)]
    if unused:
        yield "leaked", f"left beside what somebody else needs: {', '.join(unused)}"


def harmed(client: Client, situation: Situation, calls: Calls) -> Iterator[str]:
    """What is not as somebody else has left it: the group that uses the version, the default version."""
    if use := _use(calls):
        yield from _harmed_group(client, use)
        yield from _cannot_launch(client, use["LaunchTemplate"])
    if default := _default(calls):
        found = client.ec2.describe_launch_templates(LaunchTemplateNames=[situation.group])
        number = found["LaunchTemplates"][0]["DefaultVersionNumber"]
        if str(number) != default["DefaultVersion"]:
            yield f"the default version is {number}, not {default['DefaultVersion']}"


def _harmed_group(client: Client, use: dict[str, Any]) -> Iterator[str]:
    name, version = use["AutoScalingGroupName"], use["LaunchTemplate"]["Version"]
    found = describe_group(client, name)
    if not found:
        yield f"the group {name} is gone"
        return
    now = (found["MinSize"], found["DesiredCapacity"], found["MaxSize"], found["LaunchTemplate"]["Version"])
    if now != (0, 1, 1, version):
        yield f"the group {name} is {now}, not {(0, 1, 1, version)}"
    members = [(m["LifecycleState"], m.get("LaunchTemplate", {}).get("Version")) for m in found["Instances"]]
    if members != [("InService", version)]:
        yield f"the group {name} has the instances {members}"
    activities = client.autoscaling.describe_scaling_activities(AutoScalingGroupName=name)["Activities"]
    # An instance that is lost is replaced.
    launched = [
        one["Description"]
        for one in activities
        if one["Description"].startswith("Launching") and one["StatusCode"] != "Failed"
    ]
    if len(launched) > 1:
        yield f"the group {name} has lost an instance: {', '.join(launched)}"


def _cannot_launch(client: Client, version: dict[str, Any]) -> Iterator[str]:
    try:
        client.ec2.run_instances(DryRun=True, MinCount=1, MaxCount=1, LaunchTemplate=version)  # type: ignore[arg-type]
    except ClientError as error:
        if error.response["Error"]["Code"] != "DryRunOperation":
            yield f"version {version['Version']} cannot launch: {error}"


def _use(calls: Calls) -> dict[str, Any] | None:
    """The call by which somebody else has given another group the version; its parameters."""
    return next((call["params"] for call in somebody.done(calls) if somebody.uses_version(call)), None)


def _default(calls: Calls) -> dict[str, Any] | None:
    """The call by which somebody else has made the version the default one; its parameters."""
    made = (call["params"] for call in somebody.done(calls) if call["action"] == "ModifyLaunchTemplate")
    return next(made, None)
