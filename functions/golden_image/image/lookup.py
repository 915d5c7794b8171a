"""EC2's description of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_ec2.type_defs import ImageTypeDef

NOT_FOUND = {"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"}


def find(image_id: str) -> ImageTypeDef | None:
    """EC2's description of the image, None if it is gone or not visible yet."""
    try:
        images = aws.client("ec2").describe_images(ImageIds=[image_id], IncludeDisabled=True)["Images"]
    except ClientError as error:
        if aws.code(error) in NOT_FOUND:
            return None
        raise
    return images[0] if images else None


def snapshot_ids(image: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The snapshots that an image owns, in the order of its devices."""
    mappings = (image or {}).get("BlockDeviceMappings", [])
    return tuple(m["Ebs"]["SnapshotId"] for m in mappings if m.get("Ebs", {}).get("SnapshotId"))
