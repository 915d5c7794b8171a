"""The state: source and group in a form that can be compared."""

from __future__ import annotations

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
    "LaunchConfigurationName",
    "MixedInstancesPolicy",
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
        "versions": [version["VersionNumber"] for version in versions_of(client, group)],
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


def launches_from(standing: dict[str, Any]) -> dict[str, Any]:
    """The template that a group launches from, by itself or in a mixed instances policy; empty for none."""
    policy = standing.get("MixedInstancesPolicy") or {}
    used = standing.get("LaunchTemplate") or policy.get("LaunchTemplate", {}).get(
        "LaunchTemplateSpecification"
    )
    return dict(used or {})


def in_service(client: Client, group: str) -> list[str]:
    """The group's instances, by id; an instance on its way counts as none, one that is leaving as one."""
    members = describe_group(client, group).get("Instances", [])
    return [m["InstanceId"] for m in members if m["LifecycleState"] != "Pending"]


def describe_group(client: Client, group: str) -> dict[str, Any]:
    """Auto Scaling's description; empty where there is none."""
    groups = client.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])
    found = groups["AutoScalingGroups"]
    return dict(found[0]) if found else {}


def versions_of(client: Client, name: str) -> list[dict[str, Any]]:
    """The versions of a launch template, the oldest first; none where there is no such template."""
    try:
        answer = client.ec2.describe_launch_template_versions(LaunchTemplateName=name)
    except ClientError:
        return []
    return sorted((dict(v) for v in answer["LaunchTemplateVersions"]), key=lambda v: int(v["VersionNumber"]))


def versions_of_members(client: Client, group: str) -> set[str | None]:
    """The template versions of the group's members; None for one of a launch configuration."""
    members = describe_group(client, group).get("Instances", [])
    return {member.get("LaunchTemplate", {}).get("Version") for member in members}
