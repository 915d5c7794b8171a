"""The members of a group: those of a version, and the end of some, which Auto Scaling replaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.model.made import template_version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef, InstanceTypeDef


def launched(there: Iterable[InstanceTypeDef], versions: Collection[str]) -> list[str]:
    """The ids of those members that were launched from one of these template versions, as in model.made."""
    return [one["InstanceId"] for one in there if template_version(one) in versions]


def end_those(found: AutoScalingGroupTypeDef, instance_ids: Collection[str]) -> list[str]:
    """End those of the group's members that have these ids; its sizes stay.

    Answers those that are still there, with their states.
    """
    there = [member for member in found["Instances"] if member["InstanceId"] in instance_ids]
    for member in there:
        if not member["LifecycleState"].startswith("Terminating"):
            end(member["InstanceId"])
    return [f"{member['InstanceId']} {member['LifecycleState']}" for member in there]


def end(instance_id: str) -> None:
    """Have Auto Scaling terminate a member and launch another."""
    try:
        aws.client("autoscaling").terminate_instance_in_auto_scaling_group(
            InstanceId=instance_id, ShouldDecrementDesiredCapacity=False
        )
    except ClientError as error:
        # It has left the group meanwhile; the next look checks again.
        if aws.code(error) != "ValidationError":
            raise
