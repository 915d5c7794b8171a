"""The comparison of a new image with its source: boot, performance and billing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image.errors import ImageDiffers, NotYetVisible
from golden_image.image import lookup, snapshots
from golden_image.model.source import REGISTER

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import ImageTypeDef

    from golden_image.model.source import Source


def verify(run: str, image_id: str, source: Source) -> None:
    """Compare the new image with its source, and delete a second set of snapshots of this run.

    Raises:
        ImageDiffers: names each attribute with both values.
        NotYetVisible: the image is not visible.
    """
    image = lookup.find(image_id)
    if image is None:
        raise NotYetVisible(f"{image_id} is not visible")
    _refuse_different(image, source, registered=source.image_method == REGISTER)
    volume_ids = [volume.volume_id for volume in source.volumes]
    snapshots.delete_strays(run, source.instance_id, volume_ids, list(lookup.snapshot_ids(image)))


def _refuse_different(image: ImageTypeDef, source: Source, registered: bool) -> None:
    """Compare the image with its source, in what EC2 shows of the source.

    CreateImage knows more of it: the TPM of a source whose own image is gone is shown nowhere.

    Args:
        registered: made by RegisterImage. CreateImage takes IMDS support from the source's own image, so it
            is not compared then; the launch template requires IMDSv2 on its own.

    Raises:
        ImageDiffers: names each attribute with both values.
    """
    found = _comparable(image)
    wanted = _wanted(source)
    if registered:
        wanted["IMDS support"] = source.imds_support
    different = [name for name, shown in wanted.items() if shown is not None and shown != found[name]]
    if different:
        listed = "; ".join(f"{name} is {found[name]}, the source has {wanted[name]}" for name in different)
        raise ImageDiffers(f"{image['ImageId']} is not like {source.instance_id}: {listed}")


def _wanted(source: Source) -> dict[str, object]:
    """The attributes of the source that the image must have."""
    return {
        "architecture": source.architecture,
        "virtualization type": source.virtualization_type,
        "root device": source.root_device_name,
        "boot mode": source.boot_mode,
        "ENA support": source.ena_support,
        "SR-IOV support": source.sriov_net_support,
        "TPM support": source.tpm_support,
        "platform": source.platform,
        "usage operation": source.usage_operation,
        "product codes": sorted(source.product_codes),
        "volumes": {
            v.device_name: _volume(v.size, v.type, v.encrypted, v.delete_on_termination)
            for v in source.volumes
        },
    }


def _comparable(image: ImageTypeDef) -> dict[str, object]:
    mappings = [m for m in image.get("BlockDeviceMappings", []) if "Ebs" in m]
    return {
        "architecture": image["Architecture"],
        "virtualization type": image["VirtualizationType"],
        "root device": image.get("RootDeviceName"),
        "boot mode": image.get("BootMode"),
        "ENA support": image.get("EnaSupport", False),
        "SR-IOV support": image.get("SriovNetSupport"),
        "TPM support": image.get("TpmSupport"),
        "IMDS support": image.get("ImdsSupport"),
        "platform": image.get("PlatformDetails", "Linux/UNIX"),
        "usage operation": image.get("UsageOperation", "RunInstances"),
        "product codes": sorted(code["ProductCodeId"] for code in image.get("ProductCodes", [])),
        "volumes": {
            m["DeviceName"]: _volume(
                m["Ebs"].get("VolumeSize"),
                m["Ebs"].get("VolumeType"),
                m["Ebs"].get("Encrypted", False),
                m["Ebs"].get("DeleteOnTermination", False),
            )
            for m in mappings
        },
    }


def _volume(size: int | None, kind: str | None, encrypted: bool, deleted: bool) -> str:
    kept = "" if deleted else ", kept when its instance ends"
    return f"{size} GiB {kind}{' encrypted' if encrypted else ''}{kept}"
