"""The volumes of a launch: from the block devices of the image and of the request."""

from typing import Any

from ec2world.ec2.images import Image
from ec2world.ec2.instances import TimedInstance

ROOT_NAMES = ("/dev/sda1", "/dev/xvda")


def mappings(params: dict[str, Any], image: Image, instance: TimedInstance) -> list[dict[str, Any]]:
    """The image's block devices, each replaced by the request's of the same name.

    The root of a public image goes by the name that the request gives it, for people name the root of an
    image they do not know /dev/sda1 or /dev/xvda as it comes.
    """
    asked = {one["DeviceName"]: one for one in params.get("BlockDeviceMappings", [])}
    if asked and image.is_public and instance.root_device_name not in asked:
        root = next((name for name in ROOT_NAMES if name in asked), None)
        if root:
            instance.root_device_name = root
    found = {}
    for one in image.block_device_mappings:
        is_root = one["DeviceName"] == image.root_device_name
        name = instance.root_device_name if is_root else one["DeviceName"]
        ebs = one.get("Ebs", {})
        if image.is_public:  # moto's public images keep their root; AWS's do not
            ebs = {key: value for key, value in ebs.items() if key != "DeleteOnTermination"}
        found[name] = {**one, "DeviceName": name, "Ebs": ebs}
    for name, one in asked.items():
        ebs = {**found.get(name, {}).get("Ebs", {}), **one.get("Ebs", {})}
        found[name] = {**one, "Ebs": ebs}
    return [one for one in found.values() if "NoDevice" not in one and one.get("Ebs")]


def attach_new_volume(
    backend: Any, instance: TimedInstance, mapping: dict[str, Any], tags: dict[str, str]
) -> None:
    """Make the volume of a block device, and attach it."""
    ebs, name = mapping["Ebs"], mapping["DeviceName"]
    volume = backend.create_volume(
        size=int(ebs["VolumeSize"]) if ebs.get("VolumeSize") else None,
        zone_name=instance.availability_zone,
        snapshot_id=ebs.get("SnapshotId"),
        encrypted=ebs.get("Encrypted", False),
        kms_key_id=ebs.get("KmsKeyId"),
        volume_type=ebs.get("VolumeType"),
        iops=ebs.get("Iops"),
        throughput=ebs.get("Throughput"),
    )
    volume.add_tags(tags)
    is_root = name == instance.root_device_name
    backend.attach_volume(volume.id, instance.id, name, ebs.get("DeleteOnTermination", is_root))
