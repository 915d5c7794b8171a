"""What somebody else does while a run goes on, as calls of the world's rules (see ec2world's `acts`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ec2world.trouble.acts import SOMEBODY
from sandbox.matrix.capacity import THEIR_PERCENT
from sandbox.matrix.scenarios import TARGET_GROUPS, alarm_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.matrix.situation import Situation

BACKUP = "CopiedFor"
"""The key of the tag by which a backup tool knows its own; the value is the group."""
_SIZES = {"MinSize": 2, "MaxSize": 6, "DesiredCapacity": 3}
_GRACE_PERIOD = 200
_TARGET_GROUP = TARGET_GROUPS[0].replace("/web/", "/somebody/")
_STRIPPED = ("golden-image:run", "golden-image:source")
_TAGGED = ("snapshot", "image", "launch-template", "instance", "volume")
_PLAIN = {*_SIZES, "VPCZoneIdentifier", "HealthCheckGracePeriod"}

Acts = list[dict[str, Any]]


def sizes(_run: str, situation: Situation) -> Acts:
    """A scheduled action sets the group's sizes."""
    return [_of_group(situation, "UpdateAutoScalingGroup", **_SIZES)]


def settings(_run: str, situation: Situation) -> Acts:
    """A person changes settings that the run may state, and one that it does not know."""
    return [
        _of_group(
            situation,
            "UpdateAutoScalingGroup",
            HealthCheckGracePeriod=_GRACE_PERIOD,
            VPCZoneIdentifier=situation.other_subnet,
        ),
        _of_group(situation, "AttachLoadBalancerTargetGroups", TargetGroupARNs=[_TARGET_GROUP]),
        _of_group(situation, "SuspendProcesses", ScalingProcesses=["AlarmNotification"]),
    ]


def tags(_run: str, situation: Situation) -> Acts:
    """A person changes a tag of the group that the run may state, and adds one."""
    resource = {"ResourceId": situation.group, "ResourceType": "auto-scaling-group"}
    mine = [resource | {"Key": key, "Value": "somebody", "PropagateAtLaunch": True} for key in _NEW_TAGS]
    return [{"service": "autoscaling", "action": "CreateOrUpdateTags", "params": {"Tags": mine}}]


_NEW_TAGS = ("Team", "Owner")


def copies(run: str, situation: Situation) -> Acts:
    """A backup tool copies snapshots and images, of the run and of its source, with the run's tags."""
    its_own = {"Key": BACKUP, "Value": situation.group}
    of_the_run = [{"Key": "golden-image:run", "Value": run}, {"Key": "golden-image:stack", "Value": "any"}]
    copied = [{"ResourceType": "snapshot", "Tags": ["$tags", its_own]}]
    image = [{"ResourceType": "image", "Tags": ["$tags", its_own]}]
    source = [{"ResourceType": "snapshot", "Tags": [*of_the_run, its_own]}]
    copy = {"SourceSnapshotId": "$id", "SourceRegion": "us-east-1", "TagSpecifications": copied}
    create_image = {"InstanceId": "$id", "Name": "$id", "NoReboot": True, "TagSpecifications": image}
    return [
        _ec2("CopySnapshot", copy, _each("snapshot", run)),
        _ec2("CreateSnapshot", {"VolumeId": "$id", "TagSpecifications": copied}, _each("volume", run)),
        _ec2("CreateImage", create_image, _each("instance", run)),
        _ec2("CreateSnapshot", {"VolumeId": situation.volumes[0], "TagSpecifications": source}),
    ]


def strips(run: str, situation: Situation) -> Acts:
    """A governance tool takes the run's tags from all that has them."""
    keys = [{"Key": key} for key in _STRIPPED]
    resource = {"ResourceId": situation.group, "ResourceType": "auto-scaling-group"}
    of_group = {"Tags": [resource | key for key in keys]}
    return [
        *(_ec2("DeleteTags", {"Resources": ["$id"], "Tags": keys}, _each(kind, run)) for kind in _TAGGED),
        {"service": "autoscaling", "action": "DeleteTags", "params": of_group},
    ]


def uses(_run: str, situation: Situation) -> Acts:
    """A person gives another group the run's version by its number, and an instance."""
    version = {"LaunchTemplateName": situation.group, "Version": new_version(situation)}
    other = {"AutoScalingGroupName": situation.foreign["group"], "LaunchTemplate": version}
    params = {**other, "DesiredCapacity": 1}
    return [{"service": "autoscaling", "action": "UpdateAutoScalingGroup", "params": params}]


def default(_run: str, situation: Situation) -> Acts:
    """A person makes the run's version the template's default one."""
    version = {"LaunchTemplateName": situation.group, "DefaultVersion": new_version(situation)}
    return [_ec2("ModifyLaunchTemplate", version)]


def new_version(situation: Situation) -> str:
    """The number of the run's version."""
    return str(situation.versions + 1)


def scales_in(_run: str, situation: Situation) -> Acts:
    """A person wants one instance less."""
    wanted = situation.before["DesiredCapacity"] - 1
    return [_of_group(situation, "UpdateAutoScalingGroup", MinSize=0, DesiredCapacity=wanted)]


def scales_out(_run: str, situation: Situation) -> Acts:
    """A scaling policy wants one instance more."""
    wanted = situation.before["DesiredCapacity"] + 1
    return [_of_group(situation, "UpdateAutoScalingGroup", DesiredCapacity=wanted)]


def refreshes(_run: str, situation: Situation) -> Acts:
    """A person starts a refresh of their own, which AWS refuses while another is under way."""
    preferences = {"MinHealthyPercentage": THEIR_PERCENT, "InstanceWarmup": 0}
    return [_of_group(situation, "StartInstanceRefresh", Preferences=preferences)]


def cancels(_run: str, situation: Situation) -> Acts:
    """A person cancels the refresh that is under way."""
    return [_of_group(situation, "CancelInstanceRefresh")]


def rolls_back(_run: str, situation: Situation) -> Acts:
    """A person rolls back the refresh that is under way."""
    return [_of_group(situation, "RollbackInstanceRefresh")]


def sounds(_run: str, situation: Situation) -> Acts:
    """The alarm that the roll watches goes off."""
    params = {"AlarmName": alarm_of(situation.group), "StateValue": "ALARM", "StateReason": "too many errors"}
    return [{"service": "cloudwatch", "action": "SetAlarmState", "params": params}]


def deletes_subnet(_run: str, situation: Situation) -> Acts:
    """A person deletes one of the group's subnets, which EC2 refuses while an instance is in it."""
    return [_ec2("DeleteSubnet", {"SubnetId": situation.spare_subnet})]


def _of_group(situation: Situation, action: str, **params: Any) -> dict[str, Any]:
    whole = {"AutoScalingGroupName": situation.group, **params}
    return {"service": "autoscaling", "action": action, "params": whole}


def _ec2(action: str, params: Any, each: Any = None) -> dict[str, Any]:
    act = {"service": "ec2", "action": action, "params": params}
    return act | {"each": each} if each else act


def _each(resource: str, run: str) -> dict[str, str]:
    return {"resource": resource, "key": "golden-image:run", "value": run}


def done(calls: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of the calls of a run, those that somebody else made and that had their effect."""
    return [call for call in calls if call["role"] == SOMEBODY and call["status"] == 200]


def uses_version(call: dict[str, Any]) -> bool:
    """Whether a call gives a group what to launch from: only another group is given that."""
    return call["action"] == "UpdateAutoScalingGroup" and "LaunchTemplate" in call["params"]


def apply(call: dict[str, Any], now: dict[str, Any]) -> None:
    """Change a `standing` as a call of somebody's has changed the group."""
    params = call["params"]
    match call["action"]:
        case "UpdateAutoScalingGroup" if not uses_version(call):
            now |= {name: params[name] for name in _PLAIN & set(params)}
        case "AttachLoadBalancerTargetGroups":
            now["targetGroups"] = sorted({*now["targetGroups"], *params["TargetGroupARNs"]})
        case "SuspendProcesses":
            now["suspended"] = sorted({*now["suspended"], *params["ScalingProcesses"]})
        case "CreateOrUpdateTags":
            set_tags(now, {tag["Key"]: tag["Value"] for tag in params["Tags"]})


def set_tags(now: dict[str, Any], new: dict[str, str]) -> None:
    """Change the tags of a `standing`."""
    others = [tag for tag in now["tags"] if tag[0] not in new]
    now["tags"] = sorted([*others, *((key, value, True) for key, value in new.items())])
