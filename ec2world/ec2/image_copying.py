"""CopyImage: an image of its own, with snapshots of its own.

A copy within a given time takes as long as another one here. Source: CopyImage in the EC2 API Reference, and
InvalidParameterDependency in EC2's error codes.
"""

from functools import partial
from typing import TYPE_CHECKING, Any

from ec2world.ec2.billing import Billing
from ec2world.ec2.block_store import BlockStore
from ec2world.ec2.image_store import Images
from ec2world.ec2.images import Image
from ec2world.wire.errors import AWSError

if TYPE_CHECKING:
    from ec2world.ec2.snapshots import TimedSnapshot

MINUTES_OF_A_TIMED_COPY = 15


class ImageCopying(BlockStore, Images):
    """The part of the EC2 backend that copies images."""

    def copy_of(self, params: dict[str, Any], tags: dict[str, dict[str, str]]) -> Image:
        """CopyImage within the region; `tags` are those of `image` and of `snapshot`."""
        _check(params, self.region_name)
        source = self.describe_images(ami_ids=[params["SourceImageId"]])[0]
        billing = Billing(
            source.platform, source.platform_details, source.usage_operation, list(source.product_codes)
        )
        image = self.own_image(_attributes(source, params), billing)
        image.add_tags(tags.get("image", {}))
        originals = [one for one in source.block_device_mappings if one.get("Ebs", {}).get("SnapshotId")]
        copies = self._copied_snapshots(image, source, originals, params)
        for copy in copies:
            copy.add_tags(tags.get("snapshot", {}))
        image.mappings = [
            {**one, "Ebs": {**one["Ebs"], "SnapshotId": copy.id, "Encrypted": copy.encrypted}}
            for one, copy in zip(originals, copies, strict=True)
        ]
        durations = self.scene.clock.durations
        longest = max((durations.snapshot(copy.volume_size) for copy in copies), default=0)
        finish = partial(self.finish_image, image, self.scene.failure, copies)
        self.scene.clock.after(longest + durations.image, finish)
        return image

    def _copied_snapshots(
        self, image: Image, source: Any, originals: list[dict[str, Any]], params: dict[str, Any]
    ) -> "list[TimedSnapshot]":
        """Copies of an image's snapshots: as they are, or encrypted with the key of the call."""
        snapshots = [self.get_snapshot(one["Ebs"]["SnapshotId"]) for one in originals]
        volumes = [one.volume for one in snapshots]
        copies = self.new_copies(volumes, f"Copied for {image.id} from {source.id}")
        for copy, original in zip(copies, snapshots, strict=True):
            copy.encrypted = original.encrypted or bool(params.get("Encrypted"))
            copy.kms_key_id = original.kms_key_id
            if params.get("Encrypted"):
                copy.kms_key_id = params.get("KmsKeyId") or self.default_key()
        return copies


def _check(params: dict[str, Any], region: str) -> None:
    if params["SourceRegion"] != region:
        raise AWSError("InvalidParameterValue", "This world copies images within one region.")
    if params.get("KmsKeyId") and not params.get("Encrypted"):
        raise AWSError(
            "InvalidParameterDependency",
            "The parameter KmsKeyId requires the parameter Encrypted to be set.",
        )
    minutes = int(params.get("SnapshotCopyCompletionDurationMinutes", MINUTES_OF_A_TIMED_COPY))
    if minutes < MINUTES_OF_A_TIMED_COPY or minutes % MINUTES_OF_A_TIMED_COPY:
        raise AWSError(
            "InvalidParameterValue",
            f"Value ({minutes}) for parameter SnapshotCopyCompletionDurationMinutes is invalid. It is a "
            f"multiple of {MINUTES_OF_A_TIMED_COPY}.",
        )


def _attributes(source: Any, params: dict[str, Any]) -> dict[str, Any]:
    return {
        "Name": params.get("Name") or source.name,
        "Description": params.get("Description") or source.description,
        "Architecture": source.architecture,
        "VirtualizationType": source.virtualization_type,
        "RootDeviceName": source.root_device_name,
        "EnaSupport": source.ena_support,
        "SriovNetSupport": source.sriov_net_support,
        "BootMode": source.boot_mode,
        "TpmSupport": source.tpm_support,
        "ImdsSupport": source.imds_support,
        "UefiData": source.uefi_data,
    }
