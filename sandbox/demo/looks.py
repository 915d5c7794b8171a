"""What EC2, Auto Scaling and the ledger show. Nothing here is taken from what a run tells of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_ec2.type_defs import FilterTypeDef, ImageTypeDef, SnapshotTypeDef

    from sandbox.client import Client

# The calls with which an undo takes away what its run has made.
_REMOVALS = {
    "TerminateInstances": "InstanceIds",
    "DeleteVolume": "VolumeId",
    "DeleteLaunchTemplateVersions": "Versions",
    "DeleteLaunchTemplate": "LaunchTemplateId",
    "DeregisterImage": "ImageId",
    "DeleteSnapshot": "SnapshotId",
}


@dataclass(frozen=True)
class Group:
    """An Auto Scaling group at one moment.

    Attributes:
        sizes: minimum, desired capacity and maximum.
        version: of the launch template; of new instances.
        in_service: the template version of each instance in service.
        others: instances that are not in service, and not on their way out.
    """

    sizes: tuple[int, int, int]
    version: str
    in_service: dict[str, str]
    others: list[str]

    def __str__(self) -> str:
        """For a person."""
        sizes = "/".join(map(str, self.sizes))
        return f"at {sizes} (min/desired/max), version {self.version}"


def group(client: Client, name: str) -> Group | None:
    """A group by its name; None where there is none."""
    answer = client.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    if not answer["AutoScalingGroups"]:
        return None
    [found] = answer["AutoScalingGroups"]
    here = [one for one in found["Instances"] if not one["LifecycleState"].startswith("Terminat")]
    return Group(
        (found["MinSize"], found["DesiredCapacity"], found["MaxSize"]),
        found["LaunchTemplate"]["Version"],
        {
            one["InstanceId"]: one["LaunchTemplate"]["Version"]
            for one in here
            if one["LifecycleState"] == "InService"
        },
        [one["InstanceId"] for one in here if one["LifecycleState"] != "InService"],
    )


def fewest_in_service(client: Client, name: str, since: float) -> int:
    """The fewest members in service at any change since a virtual time: counted, not sampled."""
    fewest: int = client.control("GET", f"capacity?group={name}&since={since}")["leastInService"]
    return fewest


def virtual_now(client: Client, name: str) -> float:
    """The world's virtual time, by a group that exists."""
    now: float = client.control("GET", f"capacity?group={name}")["now"]
    return now


def image_of(client: Client, name: str, version: str) -> str:
    """The image of a version of what a group launches from."""
    answer = client.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    template = answer["AutoScalingGroups"][0]["LaunchTemplate"]["LaunchTemplateId"]
    found = client.ec2.describe_launch_template_versions(LaunchTemplateId=template, Versions=[version])
    return found["LaunchTemplateVersions"][0]["LaunchTemplateData"]["ImageId"]


def images(client: Client, run: str) -> list[ImageTypeDef]:
    """The images with a run's tag."""
    return client.ec2.describe_images(Owners=["self"], Filters=_made_by(run))["Images"]


def snapshots(client: Client, run: str) -> list[SnapshotTypeDef]:
    """The snapshots with a run's tag."""
    return client.ec2.describe_snapshots(OwnerIds=["self"], Filters=_made_by(run))["Snapshots"]


def volumes_of(client: Client, instance: str) -> set[str]:
    """The ids of the volumes that are attached to an instance."""
    attached: list[FilterTypeDef] = [{"Name": "attachment.instance-id", "Values": [instance]}]
    return {one["VolumeId"] for one in client.ec2.describe_volumes(Filters=attached)["Volumes"]}


def state_of(client: Client, instance: str) -> str:
    """EC2's name of an instance's state."""
    found = client.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    return found["State"]["Name"]


def left(client: Client, run: str) -> list[str]:
    """The ids of all that carries a run's tag or is its version; a terminated instance is gone."""
    ec2, mine = client.ec2, _made_by(run)
    found = [one["ImageId"] for one in images(client, run)]
    found += [one["SnapshotId"] for one in snapshots(client, run)]
    found += [one["VolumeId"] for one in ec2.describe_volumes(Filters=mine)["Volumes"]]
    for reservation in ec2.describe_instances(Filters=mine)["Reservations"]:
        found += [
            one["InstanceId"] for one in reservation["Instances"] if one["State"]["Name"] != "terminated"
        ]
    for template in ec2.describe_launch_templates()["LaunchTemplates"]:
        answer = ec2.describe_launch_template_versions(LaunchTemplateId=template["LaunchTemplateId"])
        for version in answer["LaunchTemplateVersions"]:
            if version.get("VersionDescription") == run:
                found.append(f"{version['LaunchTemplateName']} version {version['VersionNumber']}")
    return found


def locks(client: Client, run: str) -> list[str]:
    """The keys of the ledger's items that are about a run, but for released locks and its metrics."""
    items = client.aws("dynamodb").scan(TableName=client.endpoints.ledgerTable)["Items"]
    keys = [item["pk"]["S"] for item in items if "released" not in item and run in str(item)]
    return [key for key in keys if not key.startswith("counted#")]


def removed(client: Client, run: str) -> Iterator[str]:
    """What a run and its undo have taken away, in the order of the calls."""
    for call in client.calls_of(run):
        named = call["params"].get(_REMOVALS.get(call["action"], ""))
        if named and call["status"] == 200 and not call["params"].get("DryRun"):
            yield f"{call['action']} {', '.join(map(str, named if isinstance(named, list) else [named]))}"


def changes_of_groups(client: Client, run: str) -> list[str]:
    """The calls to Auto Scaling by a run and its undo that are no reads."""
    calls = [call["action"] for call in client.calls_of(run) if call["service"] == "autoscaling"]
    return [action for action in calls if not action.startswith("Describe")]


def _made_by(run: str) -> list[FilterTypeDef]:
    return [{"Name": "tag:golden-image:run", "Values": [run]}]
