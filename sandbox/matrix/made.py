"""The resources of a run, and the copies of somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ec2world.trouble.acts import SOMEBODY
from sandbox.matrix.somebody import BACKUP
from sandbox.matrix.standing import describe_group, versions_of

if TYPE_CHECKING:
    from sandbox.client import Client
    from sandbox.matrix.situation import Situation

_GONE = {"shutting-down", "terminated"}
_MEMBER_OF = "aws:autoscaling:groupName"


@dataclass(frozen=True)
class Made:
    """Resources of a run."""

    images: list[dict[str, Any]]
    snapshots: list[dict[str, Any]]
    templates: list[str]
    versions: list[int]
    instances: list[dict[str, Any]]
    volumes: list[str]
    group: bool

    def names(self) -> list[str]:
        """The ids of all of it."""
        ids = [image["ImageId"] for image in self.images] + [one["SnapshotId"] for one in self.snapshots]
        ids += self.templates + [f"version {number}" for number in self.versions]
        ids += [instance["InstanceId"] for instance in self.instances] + self.volumes
        return [*ids, "the group"] if self.group else ids


def marked(client: Client, run: str, group: str) -> Made:
    """What carries a run's tag now, or its ARN as a version's description."""
    ec2, mine = client.ec2, _filters("tag:golden-image:run", run)
    found = describe_group(client, group)
    templates = ec2.describe_launch_templates(Filters=mine)["LaunchTemplates"]
    return Made(
        images=_images(client, mine),
        snapshots=_snapshots(client, mine),
        templates=[template["LaunchTemplateId"] for template in templates],
        versions=[
            v["VersionNumber"] for v in versions_of(client, group) if v.get("VersionDescription") == run
        ],
        instances=_instances(client, mine),
        volumes=_volumes(client, mine),
        group=any(tag["Key"] == "golden-image:run" and tag["Value"] == run for tag in found.get("Tags", [])),
    )


def made(client: Client, run: str, situation: Situation, calls: list[dict[str, Any]]) -> Made:
    """The resources of the one run of a situation that exist now, whether they have their tags or not.

    Args:
        calls: the run's.
    """
    tagged, group, old = marked(client, run, situation.group), situation.group, situation.versions
    found = describe_group(client, group)
    templates = client.ec2.describe_launch_templates(Filters=_filters("launch-template-name", group))
    newer = [v["VersionNumber"] for v in versions_of(client, group) if v["VersionNumber"] > old]
    members = {
        member["InstanceId"]
        for member in found.get("Instances", [])
        if int(member.get("LaunchTemplate", {}).get("Version", 0)) > old
    }
    others = _instances(client, _filters("instance-id", *members)) if members else []
    if tokens := [call["params"]["ClientToken"] for call in calls if _launches_canary(call)]:
        others += _instances(client, _filters("client-token", *tokens))
    snapshots = {id_ for call in calls for id_ in _snapshots_in(call)}
    return Made(
        images=_merged(tagged.images, _images(client, _filters("name", f"{group}*")), "ImageId", situation),
        snapshots=_merged(
            tagged.snapshots,
            _snapshots(client, _filters("volume-id", *situation.volumes)),
            "SnapshotId",
            situation,
        ),
        templates=[] if old else [t["LaunchTemplateId"] for t in templates["LaunchTemplates"]],
        versions=newer,
        instances=_merged(tagged.instances, others, "InstanceId", situation),
        volumes=sorted(
            {*tagged.volumes, *_volumes(client, _filters("snapshot-id", *snapshots))}
            if snapshots
            else tagged.volumes
        ),
        group=bool(found) and not situation.existing,
    )


def going_on(client: Client, situation: Situation) -> list[str]:
    """The commands on the source that have not ended, in words."""
    commands = client.aws("ssm").list_commands(InstanceId=situation.source)["Commands"]
    over = {"Success", "Cancelled", "Failed", "TimedOut", "Cancelling"}
    return [
        f"the command {one['CommandId']} is {one['Status']}" for one in commands if one["Status"] not in over
    ]


def _launches_canary(call: dict[str, Any]) -> bool:
    return bool(call["role"] == "LaunchCanaryFunction" and call["action"] == "RunInstances")


def _snapshots_in(call: dict[str, Any]) -> list[str]:
    """The snapshots of the image that a call registers."""
    if call["action"] != "RegisterImage" or call["role"] == SOMEBODY:
        return []
    return [one["Ebs"]["SnapshotId"] for one in call["params"]["BlockDeviceMappings"] if "Ebs" in one]


def copied(client: Client, group: str) -> tuple[int, int]:
    """How many snapshots and images the backup tool has."""
    own = _filters(f"tag:{BACKUP}", group)
    return len(_snapshots(client, own)), len(_images(client, own))


def _merged(
    tagged: list[dict[str, Any]], others: list[dict[str, Any]], key: str, situation: Situation
) -> list[dict[str, Any]]:
    """Each of both once, without what was there before and what somebody else has made."""
    foreign = {*situation.foreign.values(), *situation.own}
    found = {one[key]: one for one in (*tagged, *others)}
    others_own = {(BACKUP, situation.group), (_MEMBER_OF, situation.foreign["group"])}
    return [
        one
        for name, one in found.items()
        if name not in foreign
        and others_own.isdisjoint((tag["Key"], tag["Value"]) for tag in one.get("Tags", []))
    ]


def _filters(name: str, *values: str) -> Any:
    return [{"Name": name, "Values": list(values)}]


def _images(client: Client, filters: Any) -> list[dict[str, Any]]:
    return [dict(one) for one in client.ec2.describe_images(Owners=["self"], Filters=filters)["Images"]]


def _snapshots(client: Client, filters: Any) -> list[dict[str, Any]]:
    found = client.ec2.describe_snapshots(OwnerIds=["self"], Filters=filters)
    return [dict(one) for one in found["Snapshots"]]


def _instances(client: Client, filters: Any) -> list[dict[str, Any]]:
    reservations = client.ec2.describe_instances(Filters=filters)["Reservations"]
    instances = [instance for one in reservations for instance in one["Instances"]]
    return [dict(one) for one in instances if one["State"]["Name"] not in _GONE]


def _volumes(client: Client, filters: Any) -> list[str]:
    """Those that are attached to nothing."""
    found = client.ec2.describe_volumes(Filters=filters)["Volumes"]
    return [volume["VolumeId"] for volume in found if volume["State"] == "available"]
