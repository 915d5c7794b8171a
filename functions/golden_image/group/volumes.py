"""The volumes that outlive a group's instances."""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING

from golden_image import aws

if TYPE_CHECKING:
    from collections.abc import Collection

    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef


def kept(found: AutoScalingGroupTypeDef) -> list[str]:
    """The volumes that stay when the group's instances of now end: their DeleteOnTermination is false."""
    members = [instance["InstanceId"] for instance in found["Instances"]]
    pages = aws.client("ec2").get_paginator("describe_instances")
    return [
        mapping["Ebs"]["VolumeId"]
        for some in batched(members, aws.MOST_VALUES, strict=False)
        for page in pages.paginate(Filters=[{"Name": "instance-id", "Values": list(some)}])
        for reservation in page["Reservations"]
        for instance in reservation["Instances"]
        for mapping in instance.get("BlockDeviceMappings", [])
        if not mapping.get("Ebs", {}).get("DeleteOnTermination", True)
    ]


def of_snapshots(snapshot_ids: Collection[str]) -> list[str]:
    """The volumes that were made from these snapshots, and that no instance has any more."""
    pages = aws.client("ec2").get_paginator("describe_volumes")
    return [
        volume["VolumeId"]
        for some in batched(sorted(snapshot_ids), aws.MOST_VALUES, strict=False)
        for page in pages.paginate(Filters=[{"Name": "snapshot-id", "Values": list(some)}])
        for volume in page["Volumes"]
        if volume["State"] == "available"
    ]
