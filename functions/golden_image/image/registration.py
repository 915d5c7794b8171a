"""The image: registered from the snapshots with everything the source has, or created of the source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws, names, tags
from golden_image.errors import ImageNameTaken, NotYetVisible
from golden_image.image import lookup, owned
from golden_image.run import made

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import ImageTypeDef

    from golden_image.model.image import Image, Snapshot
    from golden_image.model.source import Source, Volume


# Of the characters that EC2 takes in an image's name, those that need no quotes in a shell; and how many.
_IN_NAME, _SHORTEST_NAME, _LONGEST_NAME = "A-Za-z0-9._-", 3, 128


def default_name(run: str, group_name: str) -> str:
    """`<group>-<run>-<digest>`, in the characters and the 128 of them that EC2 allows an image's name.

    A run whose own name begins with the group's, as the API's do, keeps it as it is: no other run has it. The
    digest tells the run `a-b` of the group `web` from the run `b` of the group `web-a`.
    """
    name = tags.run_name(run)
    if not name.startswith(f"{group_name}-"):
        name = f"{group_name}-{name}-{names.digest(run)}"
    return names.legal(name, _IN_NAME, _LONGEST_NAME, _SHORTEST_NAME)


def refuse_taken_name(name: str) -> None:
    """Refuse a name that another image has already.

    Raises:
        ImageNameTaken: with that image's id.
    """
    taken = lookup.by_name(name)
    if taken:
        raise _taken(name, taken)


def _taken(name: str, by: ImageTypeDef) -> ImageNameTaken:
    return ImageNameTaken(
        f"'{name}' is already the name of {by['ImageId']}. Set image.name to another value, or leave it out."
    )


def register(run: str, image: Image, source: Source, snapshots: list[Snapshot]) -> str:
    """Register the image from its snapshots and answer its id; a lost try's image of this run is adopted.

    RegisterImage takes i386 and paravirtual for what is not given, so all is given. Encryption comes from
    the snapshots. A UEFI source's variable store (with its Secure Boot keys) goes along.

    Raises:
        ImageNameTaken: another image has the name.
        NotYetVisible: the name is taken and no image is shown under it yet, or a snapshot is not shown.
        RunSettled: the run was undone meanwhile.
    """
    snapshot_of = {snapshot.volume_id: snapshot.snapshot_id for snapshot in snapshots}
    optional = {
        "BootMode": source.boot_mode,
        "SriovNetSupport": source.sriov_net_support,
        "TpmSupport": source.tpm_support,
        "ImdsSupport": source.imds_support,
        "UefiData": _uefi_data(source),
    }
    request: dict[str, Any] = {
        "Name": image.name,
        "Description": image.description,
        "Architecture": source.architecture,
        "VirtualizationType": source.virtualization_type,
        "RootDeviceName": source.root_device_name,
        "EnaSupport": source.ena_support,
        "BlockDeviceMappings": [_mapping(volume, snapshot_of[volume.volume_id]) for volume in source.volumes],
        "TagSpecifications": tags.specifications(tags.of_run(run, source.instance_id, image.tags), "image"),
        **{name: value for name, value in optional.items() if value is not None},
    }
    try:
        image_id = aws.client("ec2").register_image(**request)["ImageId"]
    except ClientError as error:
        image_id = _adopt(run, image, source, set(snapshot_of.values()), error)
    made.note(run, made.IMAGES, [image_id])
    return image_id


def create(run: str, image: Image, source: Source) -> str:
    """Make the image of the stopped source with CreateImage and answer its id, or adopt a lost try's.

    Of the volumes' mappings CreateImage lets only DeleteOnTermination be changed.

    Raises: as register.
    """
    marks = tags.of_run(run, source.instance_id, image.tags)
    try:
        image_id = aws.ec2_once().create_image(
            InstanceId=source.instance_id,
            Name=image.name,
            Description=image.description,
            NoReboot=True,
            BlockDeviceMappings=[
                {"DeviceName": v.device_name, "Ebs": {"DeleteOnTermination": v.delete_on_termination}}
                for v in source.volumes
            ],
            TagSpecifications=tags.specifications(marks, "image", "snapshot"),
        )["ImageId"]
    except ClientError as error:
        image_id = _adopt(run, image, source, set(), error)
    made.note(run, made.IMAGES, [image_id])
    return image_id


def _adopt(run: str, image: Image, source: Source, snapshot_ids: set[str], error: ClientError) -> str:
    """This run's image of that name, where the error says that the name is in use."""
    if aws.code(error) == "InvalidSnapshot.NotFound":
        raise NotYetVisible(f"a snapshot of the run is not visible yet: {error}") from error
    if aws.code(error) != "InvalidAMIName.Duplicate":
        raise error
    found = lookup.by_name(image.name)
    if found is None:
        raise NotYetVisible(f"an image '{image.name}' exists but is not visible yet") from error
    if not owned.is_image_of(run, image, source.instance_id, snapshot_ids, found):
        raise _taken(image.name, found)
    return found["ImageId"]


def _mapping(volume: Volume, snapshot_id: str) -> dict[str, Any]:
    ebs: dict[str, Any] = {
        "SnapshotId": snapshot_id,
        "VolumeSize": volume.size,
        "VolumeType": volume.type,
        "DeleteOnTermination": volume.delete_on_termination,
    }
    # gp2's IOPS follow from its size; RegisterImage refuses them.
    if volume.iops is not None and volume.type in {"gp3", "io1", "io2"}:
        ebs["Iops"] = volume.iops
    if volume.throughput is not None and volume.type == "gp3":
        ebs["Throughput"] = volume.throughput
    return {"DeviceName": volume.device_name, "Ebs": ebs}


def _uefi_data(source: Source) -> str | None:
    """The source's UEFI variable store (base64, up to 64 KiB); None for a BIOS source or an empty store.

    RegisterImage takes it together with a UEFI boot mode only.
    """
    if source.current_boot_mode != "uefi" or source.boot_mode is None:
        return None
    return aws.client("ec2").get_instance_uefi_data(InstanceId=source.instance_id).get("UefiData") or None
