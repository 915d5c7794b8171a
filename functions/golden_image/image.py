"""The image: registered from the snapshots with everything the source has, checked, compared, removed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws, likeness, polling, snapshots, tags
from golden_image.errors import ImageFailed, ImageNameTaken, ImageTimedOut, NotYetVisible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_ec2.type_defs import ImageTypeDef

    from golden_image.snapshots import Snapshot
    from golden_image.source import Source, Volume

REGISTER = "RegisterImage"
CREATE = "CreateImage"
_PLAIN_LINUX = ("Linux/UNIX", "RunInstances")
# A new image may be missing from an answer for this many seconds.
_VISIBLE_AFTER = 300
_NOT_FOUND = {"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"}


@dataclass(frozen=True)
class Image:
    """What the input wants of the image, with a name that is the same in every try of the run."""

    name: str
    description: str
    tags: dict[str, str]


@dataclass(frozen=True)
class ImageCheck(polling.Check):
    """A check of the image, with the snapshots that it has so far."""

    snapshot_ids: tuple[str, ...]


def method(source: Source) -> str:
    """The call that makes the image: RegisterImage, unless it would lose the source's billing data.

    AWS: images of Windows, RHEL, SUSE and marketplace instances are to be made with CreateImage, since
    RegisterImage may drop PlatformDetails, UsageOperation and ProductCodes.
    """
    plain = (source.platform, source.usage_operation) == _PLAIN_LINUX and not source.product_codes
    return REGISTER if plain else CREATE


def default_name(run: str, group: str) -> str:
    """`<group>-<run>`, in the characters and the 128 of them that EC2 allows an image's name.

    A run whose own name begins with the group's, as the API's do, is not given it twice.
    """
    kept = "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else "-" for char in group)
    name = tags.run_name(run)
    if name.startswith(f"{kept}-"):
        return name
    return f"{kept[: 127 - len(name)]}-{name}"


def refuse_taken_name(name: str) -> None:
    """Refuse a name that another image has already.

    Raises:
        ImageNameTaken: with that image's id.
    """
    taken = _by_name(name)
    if taken:
        raise _taken(name, taken)


def _taken(name: str, by: ImageTypeDef) -> ImageNameTaken:
    return ImageNameTaken(
        f"'{name}' is the name of {by['ImageId']}. Give image.name another value, or leave it out."
    )


def _by_name(name: str) -> ImageTypeDef | None:
    found = aws.client("ec2").describe_images(
        Owners=["self"], Filters=[{"Name": "name", "Values": [name]}], IncludeDisabled=True
    )
    return found["Images"][0] if found["Images"] else None


def register(run: str, image: Image, source: Source, made: list[Snapshot]) -> str:
    """Register the image from its snapshots and answer its id; a lost try's image of this run is adopted.

    RegisterImage takes i386 and paravirtual for what is not given, so all is given. Encryption comes from
    the snapshots. A UEFI source's variable store (with its Secure Boot keys) goes along.

    Raises:
        ImageNameTaken: another image has the name.
        NotYetVisible: the name is taken and no image is shown under it yet, or a snapshot is not shown.
    """
    snapshot_of = {snapshot.volume_id: snapshot.snapshot_id for snapshot in made}
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
        return aws.client("ec2").register_image(**request)["ImageId"]
    except ClientError as error:
        return _adopt(run, image.name, error)


def create(run: str, image: Image, source: str) -> str:
    """Make the image of the stopped source with CreateImage and answer its id, or adopt a lost try's.

    Raises: as register.
    """
    marks = tags.of_run(run, source, image.tags)
    try:
        return aws.ec2_once().create_image(
            InstanceId=source,
            Name=image.name,
            Description=image.description,
            NoReboot=True,
            TagSpecifications=tags.specifications(marks, "image", "snapshot"),
        )["ImageId"]
    except ClientError as error:
        return _adopt(run, image.name, error)


def _adopt(run: str, name: str, error: ClientError) -> str:
    """This run's image of that name, where the error says that the name is in use."""
    if aws.code(error) == "InvalidSnapshot.NotFound":
        raise NotYetVisible(f"a snapshot of the run is not shown: {error}") from error
    if aws.code(error) != "InvalidAMIName.Duplicate":
        raise error
    taken = _by_name(name)
    if taken is None:
        raise NotYetVisible(f"an image '{name}' exists and is not shown yet") from error
    if tags.from_aws(taken.get("Tags")).get(tags.RUN) != run:
        raise _taken(name, taken) from error
    return taken["ImageId"]


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


def find(image_id: str) -> ImageTypeDef | None:
    """EC2's description of the image, None where it is gone or not shown yet."""
    try:
        images = aws.client("ec2").describe_images(ImageIds=[image_id])["Images"]
    except ClientError as error:
        if aws.code(error) in _NOT_FOUND:
            return None
        raise
    return images[0] if images else None


def check(image_id: str, waited: int, limit: int) -> ImageCheck:
    """Whether the image is available.

    Raises:
        ImageFailed: it never will be, with AWS's StateReason.
        ImageTimedOut: it is not after `limit` seconds.
    """
    image = find(image_id)
    if image is None and waited > _VISIBLE_AFTER:
        raise ImageFailed(f"{image_id} has disappeared. Something outside this run deregistered it.")
    state = image["State"] if image else "not visible yet"
    if image and state not in {"pending", "transient", "available"}:
        reason = image.get("StateReason", {}).get("Message") or "no reason given"
        raise ImageFailed(f"{image_id} is {state}: {reason}")
    if state == "available":
        answer = polling.finished(state)
    else:
        answer = polling.pending(
            image_id,
            waited,
            limit,
            state,
            ImageTimedOut(f"{image_id} is still {state} after {limit} s. Allow more with timeouts.image."),
        )
    return ImageCheck(
        done=answer.done,
        wait_seconds=answer.wait_seconds,
        progress=answer.progress,
        snapshot_ids=snapshot_ids(image),
    )


def snapshot_ids(image: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The snapshots that an image owns, in the order of its devices."""
    mappings = (image or {}).get("BlockDeviceMappings", [])
    return tuple(m["Ebs"]["SnapshotId"] for m in mappings if m.get("Ebs", {}).get("SnapshotId"))


def verify(run: str, image_id: str, source: Source) -> None:
    """Compare the new image with its source, and remove what a lost try of this run left beside it.

    Raises:
        ImageDiffers: names each attribute with both values.
        NotYetVisible: the image is not shown.
    """
    image = find(image_id)
    if image is None:
        raise NotYetVisible(f"{image_id} is not shown")
    likeness.refuse_different(image, source, registered=method(source) == REGISTER)
    snapshots.delete_strays(run, list(snapshot_ids(image)))


def remove(run: str) -> bool:
    """Deregister this run's image, then delete its snapshots. Answers whether any of them was there."""
    ec2 = aws.client("ec2")
    images = ec2.describe_images(Owners=["self"], Filters=tags.made_by(run))["Images"]
    for image in images:
        try:
            ec2.deregister_image(ImageId=image["ImageId"])
        except ClientError as error:
            if aws.code(error) not in _NOT_FOUND:
                raise
    made = snapshots.of_run(run)
    for snapshot in made:
        snapshots.delete(snapshot["SnapshotId"])
    return bool(images or made)
