"""The state: source and group in a form that can be compared, and a run's resources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from sandbox.client import Client

_SETTINGS = (
    "MinSize",
    "MaxSize",
    "DesiredCapacity",
    "VPCZoneIdentifier",
    "HealthCheckType",
    "HealthCheckGracePeriod",
    "LaunchTemplate",
)
_GONE = {"shutting-down", "terminated"}


@dataclass(frozen=True)
class Made:
    """Resources with a run's tag, or for a version its description; `left` are others."""

    images: list[dict[str, Any]]
    snapshots: list[dict[str, Any]]
    templates: list[str]
    versions: list[int]
    instances: list[dict[str, Any]]
    group: bool

    def names(self) -> list[str]:
        """The ids of all of it."""
        ids = [image["ImageId"] for image in self.images] + [one["SnapshotId"] for one in self.snapshots]
        ids += self.templates + [f"version {number}" for number in self.versions]
        ids += [instance["InstanceId"] for instance in self.instances]
        return [*ids, "the group"] if self.group else ids


def made(client: Client, run: str, group: str) -> Made:
    """The resources of a run that exist now."""
    mine: Any = [{"Name": "tag:golden-image:run", "Values": [run]}]
    ec2 = client.ec2
    reservations = ec2.describe_instances(Filters=mine)["Reservations"]
    instances = [instance for one in reservations for instance in one["Instances"]]
    found = describe_group(client, group)
    return Made(
        images=list(ec2.describe_images(Owners=["self"], Filters=mine)["Images"]),  # type: ignore[arg-type]
        snapshots=list(ec2.describe_snapshots(OwnerIds=["self"], Filters=mine)["Snapshots"]),  # type: ignore[arg-type]
        templates=[
            t["LaunchTemplateId"] for t in ec2.describe_launch_templates(Filters=mine)["LaunchTemplates"]
        ],
        versions=[v["VersionNumber"] for v in _versions(client, group) if v.get("VersionDescription") == run],
        instances=[dict(i) for i in instances if i["State"]["Name"] not in _GONE],
        group=any(tag["Key"] == "golden-image:run" and tag["Value"] == run for tag in found.get("Tags", [])),
    )


def standing(client: Client, group: str, source: str) -> dict[str, Any]:
    """The state of source, template and group; empty parts for what is not there."""
    found = describe_group(client, group)
    settings: dict[str, Any] = {name: found.get(name) for name in _SETTINGS}
    if found:
        settings |= _around(client, group, found)
    reservations = client.ec2.describe_instances(InstanceIds=[source])["Reservations"]
    state = reservations[0]["Instances"][0]["State"]["Name"]
    return {
        "source": "running" if state == "pending" else state,
        "versions": [version["VersionNumber"] for version in _versions(client, group)],
        **settings,
    }


def _around(client: Client, group: str, found: dict[str, Any]) -> dict[str, Any]:
    """Settings with calls of their own."""
    policies = client.autoscaling.describe_policies(AutoScalingGroupName=group)["ScalingPolicies"]
    notifications = client.autoscaling.describe_notification_configurations(AutoScalingGroupNames=[group])
    return {
        "policies": sorted(
            (p["PolicyName"], p["TargetTrackingConfiguration"]["TargetValue"]) for p in policies
        ),
        "notifications": sorted(
            (n["TopicARN"], n["NotificationType"]) for n in notifications["NotificationConfigurations"]
        ),
        "targetGroups": sorted(found.get("TargetGroupARNs", [])),
        "suspended": sorted(process["ProcessName"] for process in found.get("SuspendedProcesses", [])),
        "tags": sorted((t["Key"], t["Value"], t["PropagateAtLaunch"]) for t in found.get("Tags", [])),
    }


def in_service(client: Client, group: str) -> list[str]:
    """The group's instances, by id; an instance on its way counts as none, one that is leaving as one."""
    members = describe_group(client, group).get("Instances", [])
    return [m["InstanceId"] for m in members if m["LifecycleState"] != "Pending"]


def describe_group(client: Client, group: str) -> dict[str, Any]:
    """Auto Scaling's description; empty where there is none."""
    groups = client.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])
    found = groups["AutoScalingGroups"]
    return dict(found[0]) if found else {}


def _versions(client: Client, name: str) -> list[dict[str, Any]]:
    try:
        answer = client.ec2.describe_launch_template_versions(LaunchTemplateName=name)
    except ClientError:
        return []
    return sorted((dict(v) for v in answer["LaunchTemplateVersions"]), key=lambda v: int(v["VersionNumber"]))
