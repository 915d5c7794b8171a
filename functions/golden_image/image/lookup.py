"""EC2's description of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mypy_boto3_ec2.type_defs import FilterTypeDef, ImageTypeDef

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


def by_name(name: str) -> ImageTypeDef | None:
    """EC2's description of the account's own image of that name, disabled or not."""
    found = _own({"Name": "name", "Values": [name]})
    return found[0] if found else None


def by_id(image_ids: Iterable[str]) -> list[ImageTypeDef]:
    """Those of the account's own images with these ids that are visible."""
    return _own({"Name": "image-id", "Values": list(image_ids)}) if image_ids else []


def _own(wanted: FilterTypeDef) -> list[ImageTypeDef]:
    images = aws.client("ec2").describe_images(Owners=["self"], Filters=[wanted], IncludeDisabled=True)
    return images["Images"]


def snapshot_ids(image: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The snapshots that an image owns, in the order of its devices."""
    mappings = (image or {}).get("BlockDeviceMappings", [])
    return tuple(m["Ebs"]["SnapshotId"] for m in mappings if m.get("Ebs", {}).get("SnapshotId"))
