"""The members of a group, ended one by one so that Auto Scaling replaces them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef


def end_those_of_before(found: AutoScalingGroupTypeDef) -> list[str]:
    """End the members that were launched from another version than the group's; the sizes stay.

    Answers those that are still there, with their states.
    """
    wanted = version(found)
    others = [member for member in found["Instances"] if version(member) != wanted]
    for member in others:
        if not member["LifecycleState"].startswith("Terminating"):
            end(member["InstanceId"])
    return [f"{member['InstanceId']} {member['LifecycleState']}" for member in others]


def version(launches: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The launch template and the number of the version of a member, or what a group has of it."""
    template = launches.get("LaunchTemplate", {})
    return template.get("LaunchTemplateId"), template.get("Version")


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
