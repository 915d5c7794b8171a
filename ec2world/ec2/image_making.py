"""RegisterImage and CreateImage: what they check, and what becomes of the image."""

from functools import partial
from typing import TYPE_CHECKING, Any

from ec2world.ec2.billing import Billing
from ec2world.ec2.block_store import BlockStore
from ec2world.ec2.image_store import SNAPSHOTS_APPEAR_AFTER, Images
from ec2world.ec2.images import Image
from ec2world.wire.errors import AWSError

if TYPE_CHECKING:
    from ec2world.ec2.instances import TimedInstance


class ImageMaking(BlockStore, Images):
    """The part of the EC2 backend that image creation needs."""

    def register(self, params: dict[str, Any], tags: dict[str, str]) -> Image:
        """RegisterImage.

        It does not know what the snapshots' instance was billed as: the image is Linux/UNIX.
        """
        mappings = [self._registered_mapping(one) for one in params.get("BlockDeviceMappings", [])]
        root = params.get("RootDeviceName")
        if not any(one.get("Ebs", {}).get("SnapshotId") for one in mappings):
            raise AWSError("MissingParameter", "The request must contain the parameter snapshotId")
        if root and not any(one["DeviceName"] == root for one in mappings):
            raise AWSError(
                "InvalidBlockDeviceMapping", f"No block device mapping names the root device '{root}'."
            )
        _check_firmware(params)
        image = self.own_image({**params, "BlockDeviceMappings": mappings}, Billing())
        image.add_tags(tags)
        finish = partial(self.finish_image, image, self.scene.failure, [])
        self.scene.clock.after(self.scene.clock.durations.image, finish)
        return image

    def _registered_mapping(self, mapping: dict[str, Any]) -> dict[str, Any]:
        name, ebs = mapping.get("DeviceName", ""), mapping.get("Ebs")
        if not ebs or not ebs.get("SnapshotId"):
            return mapping
        if "Encrypted" in ebs or "KmsKeyId" in ebs:
            raise AWSError(
                "InvalidBlockDeviceMapping",
                f"the encrypted flag cannot be specified since device {name} has a snapshot specified.",
            )
        snapshot = self.get_snapshot(ebs["SnapshotId"])
        if snapshot.status != "completed":
            raise AWSError("IncorrectState", f"Snapshot '{snapshot.id}' is not 'completed'.")
        size = int(ebs.get("VolumeSize") or snapshot.volume_size)
        if size < snapshot.volume_size:
            raise AWSError(
                "InvalidBlockDeviceMapping",
                f"Volume of size {size}GB is smaller than snapshot '{snapshot.id}', expect size >= "
                f"{snapshot.volume_size}GB",
            )
        kept = {"DeleteOnTermination": True, "VolumeType": "standard", **ebs}
        return {**mapping, "Ebs": {**kept, "VolumeSize": size, "Encrypted": snapshot.encrypted}}

    def create_image_of(
        self,
        instance: "TimedInstance",
        params: dict[str, Any],
        image_tags: dict[str, str],
        snapshot_tags: dict[str, str],
    ) -> Image:
        """CreateImage: an image as its instance is, billing included."""
        if instance.root_device_type == "instance-store":
            raise AWSError("InvalidParameterValue", f"Instance '{instance.id}' is not EBS-backed.")
        if instance.state not in ("running", "stopping", "stopped"):
            raise AWSError(
                "IncorrectInstanceState",
                f"Instance '{instance.id}' is not 'running' or 'stopped'; it is '{instance.state}'.",
            )
        _check_changes(instance, params)
        attributes, billing = self._of(instance)
        stated: dict[str, Any] = {name: params[name] for name in ("Name", "Description") if name in params}
        image = self.own_image({**attributes, **stated}, billing)
        image.instance_id = instance.id
        image.add_tags(image_tags)
        failure = self.scene.failure
        self.scene.clock.after(
            SNAPSHOTS_APPEAR_AFTER,
            partial(self._take_snapshots, image, instance, params, snapshot_tags, failure),
        )
        return image

    def _of(self, instance: "TimedInstance") -> tuple[dict[str, Any], Billing]:
        source = self.amis.get(instance.image_id)
        attributes = {
            "Architecture": instance.architecture,
            "VirtualizationType": instance.virtualization_type,
            "RootDeviceName": instance.root_device_name,
            "EnaSupport": instance.ena_support,
            "SriovNetSupport": instance.enhanced_networking,
            "BootMode": instance.boot_mode,
            "TpmSupport": instance.nitro_tpm,
            "ImdsSupport": source.imds_support if source else None,
            "UefiData": instance.uefi_data,
        }
        codes = list(instance.product_codes)
        return attributes, Billing(
            instance.platform, instance.platform_details, instance.usage_operation, codes
        )

    def _take_snapshots(
        self,
        image: Image,
        instance: "TimedInstance",
        params: dict[str, Any],
        tags: dict[str, str],
        failure: str | None,
    ) -> None:
        if image.id not in self.own_images:
            return
        asked = {one["DeviceName"]: one for one in params.get("BlockDeviceMappings", [])}
        kept = [
            (name, block, self.get_volume(block.volume_id))
            for name, block in instance.get_block_device_mapping
            if "NoDevice" not in asked.get(name, {})
        ]
        description = f"Created by CreateImage({instance.id}) for {image.id}"
        snapshots = self.new_snapshots([volume for *_, volume in kept], description, rated=False)
        for (name, block, volume), snapshot in zip(kept, snapshots, strict=True):
            snapshot.add_tags(tags)
            stated = asked.get(name, {}).get("Ebs", {})
            ebs = {
                "SnapshotId": snapshot.id,
                "VolumeSize": volume.size,
                "VolumeType": volume.volume_type,
                "Iops": None if volume.volume_type == "gp2" else volume.iops,
                "Throughput": volume.throughput,
                "DeleteOnTermination": stated.get("DeleteOnTermination", block.delete_on_termination),
                "Encrypted": snapshot.encrypted,
            }
            image.mappings.append(
                {"DeviceName": name, "Ebs": {k: v for k, v in ebs.items() if v is not None}}
            )
        durations = self.scene.clock.durations
        longest = max((durations.snapshot(volume.size) for *_, volume in kept), default=0)
        finish = partial(self.finish_image, image, failure, snapshots)
        self.scene.clock.after(longest + durations.image, finish)


def _check_changes(instance: "TimedInstance", params: dict[str, Any]) -> None:
    """Refuse a mapping of an attached volume that changes more than DeleteOnTermination."""
    attached = {name for name, _ in instance.get_block_device_mapping}
    for mapping in params.get("BlockDeviceMappings", []):
        more = set(mapping.get("Ebs", {})) - {"DeleteOnTermination"}
        if mapping.get("DeviceName") in attached and more:
            raise AWSError(
                "InvalidParameterCombination",
                f"{', '.join(sorted(more))} of the mapping of {mapping['DeviceName']} cannot be changed.",
            )


def _check_firmware(params: dict[str, Any]) -> None:
    boot_mode, architecture = params.get("BootMode"), params.get("Architecture", "i386")
    if architecture == "arm64" and boot_mode in ("legacy-bios", "uefi-preferred"):
        raise AWSError(
            "InvalidParameterCombination", f"Boot mode {boot_mode} is not supported for architecture arm64."
        )
    if params.get("TpmSupport") and boot_mode not in ("uefi", "uefi-preferred"):
        raise AWSError("InvalidParameterCombination", "TpmSupport v2.0 requires a UEFI boot mode.")
    if params.get("UefiData") and boot_mode not in ("uefi", "uefi-preferred"):
        raise AWSError("InvalidParameterCombination", "UefiData requires a UEFI boot mode.")
