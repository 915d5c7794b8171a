"""The calls of a sandbox's functions during runs, and the account's resources at that time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from artifact.calls import iam_prefix
from tests.least_privilege.calls import requests
from tests.least_privilege.policies import Account
from tools.project import machine, template

if TYPE_CHECKING:
    from sandbox.client import Client
    from tests.least_privilege.facts import Facts
    from tests.least_privilege.policies import Request

_PER_TEMPLATE = 200


def account_of(sandbox: Client) -> Account:
    endpoints = sandbox.endpoints
    return Account(
        account=endpoints.stateMachineArn.split(":")[4], region=endpoints.region, stack=endpoints.stackName
    )


def remember(sandbox: Client, facts: Facts) -> None:
    """Add what is in the account now to the facts; what has gone since stays in them."""
    facts.own = _own(sandbox, facts.account)
    ec2: Any = sandbox.ec2
    for reservation in ec2.describe_instances()["Reservations"]:
        for instance in reservation["Instances"]:
            mappings = instance.get("BlockDeviceMappings", [])
            facts.tags[instance["InstanceId"]] = _tags(instance)
            facts.volumes[instance["InstanceId"]] = [m["Ebs"]["VolumeId"] for m in mappings if "Ebs" in m]
    volumes = {volume["VolumeId"]: volume for volume in ec2.describe_volumes()["Volumes"]}
    facts.tags |= {identity: _tags(volume) for identity, volume in volumes.items()}
    keys = {identity: volume.get("KmsKeyId") for identity, volume in volumes.items()}
    for instance, attached in facts.volumes.items():
        found = {key for volume in attached if (key := keys.get(volume))}
        facts.keys[instance] = sorted(found) or facts.keys.get(instance, [])
    snapshots = {one["SnapshotId"]: one for one in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}
    facts.tags |= {identity: _tags(snapshot) for identity, snapshot in snapshots.items()}
    for image in ec2.describe_images(Owners=["self"])["Images"]:
        mappings = image["BlockDeviceMappings"]
        facts.snapshots[image["ImageId"]] = [m["Ebs"]["SnapshotId"] for m in mappings if "Ebs" in m]
        facts.tags[image["ImageId"]] = _tags(image)
        of_image = (snapshots.get(one, {}) for one in facts.snapshots[image["ImageId"]])
        facts.keys[image["ImageId"]] = sorted({one["KmsKeyId"] for one in of_image if "KmsKeyId" in one})
    templates = ec2.get_paginator("describe_launch_templates").paginate().build_full_result()
    for made in templates["LaunchTemplates"]:
        identity = made["LaunchTemplateId"]
        facts.tags[identity] = _tags(made)
        versions = ec2.describe_launch_template_versions(LaunchTemplateId=identity, MaxResults=_PER_TEMPLATE)
        for version in versions["LaunchTemplateVersions"]:
            facts.templates[identity, str(version["VersionNumber"])] = version["LaunchTemplateData"]
        # The newest first; a launch from it is of whichever it is then.
        facts.templates[identity, "$Latest"] = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    groups = sandbox.autoscaling.get_paginator("describe_auto_scaling_groups").paginate().build_full_result()
    for group in groups["AutoScalingGroups"]:
        facts.tags[group["AutoScalingGroupName"]] = _tags(group)
        facts.groups |= {i["InstanceId"]: group["AutoScalingGroupName"] for i in group["Instances"]}
        facts.subnets[group["AutoScalingGroupName"]] = group["VPCZoneIdentifier"].split(",")


def _own(sandbox: Client, account: Account) -> dict[str, str]:
    found, endpoints = template(), sandbox.endpoints
    return {
        endpoints.ledgerTable: account.arn(found, "LedgerTable"),
        endpoints.generationsTable: account.arn(found, "GenerationsTable"),
        endpoints.notificationTopicArn: account.arn(found, "NotificationTopic"),
        **{arn: account.arn(found, machine(name)) for name, arn in endpoints.stateMachines.items()},
    }


def recorded(sandbox: Client, since: int, facts: Facts) -> dict[str, set[Request]]:
    """All that IAM would have been asked since call number `since`, by function and by state machine."""
    asked: dict[str, set[Request]] = {}
    resources = template()["Resources"]
    for call in sandbox.calls(since):
        if call["role"] in resources:
            found = requests(iam_prefix(call["service"]), call["action"], call["params"], facts)
            asked.setdefault(call["role"], set()).update(found)
    return asked


def _tags(described: Any) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in described.get("Tags", [])}
