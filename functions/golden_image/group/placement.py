"""The placement group that a launch names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws

if TYPE_CHECKING:
    from collections.abc import Mapping


def missing(placement: Mapping[str, str]) -> str | None:
    """The name or id of a placement group that does not exist; None where it does, or none is named.

    One that another account shares is named by its id.
    """
    name, group_id = placement.get("GroupName"), placement.get("GroupId")
    try:
        if name:
            aws.client("ec2").describe_placement_groups(GroupNames=[name])
        elif group_id:
            aws.client("ec2").describe_placement_groups(GroupIds=[group_id])
    except ClientError as error:
        if not aws.code(error).startswith("InvalidPlacementGroup"):
            raise
        return name or group_id
    return None
