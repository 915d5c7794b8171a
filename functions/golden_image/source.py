"""The source: what is known of it, and its power state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws, polling
from golden_image.errors import (
    SourceLost,
    SourceNotFound,
    SourceNotReady,
    SourceReturnTimedOut,
    SourceStopTimedOut,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_ec2.type_defs import InstanceTypeDef

RUNNING = "running"
STOPPED = "stopped"


@dataclass(frozen=True)
class Volume:
    """An EBS volume of the source, as the new image's block device mapping needs it; size in GiB."""

    device_name: str
    volume_id: str
    size: int
    type: str
    iops: int | None
    throughput: int | None
    encrypted: bool
    kms_key_id: str | None
    delete_on_termination: bool


@dataclass(frozen=True)
class Source:
    """The facts of an instance that decide whether and how it is imaged.

    Attributes:
        power_state: `running` or `stopped`, as it was found.
        boot_mode: the image's boot mode (legacy-bios, uefi, uefi-preferred), None where none was set.
        current_boot_mode: what the instance really booted with.
        tpm_support, imds_support: `v2.0` or None.
        sriov_net_support: `simple` or None.
        platform: AWS's billing platform, such as `Linux/UNIX` or `Windows`.
        usage_operation: the billed operation, `RunInstances` for plain Linux.
    """

    instance_id: str
    power_state: str
    image_id: str
    instance_type: str
    architecture: str
    virtualization_type: str
    root_device_name: str
    boot_mode: str | None
    current_boot_mode: str | None
    ena_support: bool
    sriov_net_support: str | None
    tpm_support: str | None
    imds_support: str | None
    platform: str
    usage_operation: str
    product_codes: tuple[str, ...]
    subnet_id: str
    volumes: tuple[Volume, ...]


def find(instance_id: str) -> InstanceTypeDef:
    """EC2's description of the instance.

    Raises:
        SourceNotFound: there is none of that id.
    """
    try:
        reservations = aws.client("ec2").describe_instances(InstanceIds=[instance_id])["Reservations"]
    except ClientError as error:
        if aws.code(error) in {"InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"}:
            reservations = []
        else:
            raise
    if not reservations:
        raise SourceNotFound(
            f"no instance {instance_id} in this account and Region. Check the id, and that the stack is "
            "deployed in the instance's Region."
        )
    return reservations[0]["Instances"][0]


def describe(instance: InstanceTypeDef) -> Source:
    """The source's facts, with its volumes and what only its own image tells.

    Raises:
        SourceNotReady: one of its volumes is being modified.
    """
    image = _image(instance["ImageId"])
    required = instance.get("MetadataOptions", {}).get("HttpTokens") == "required"
    return Source(
        instance_id=instance["InstanceId"],
        power_state=instance["State"]["Name"],
        image_id=instance["ImageId"],
        instance_type=instance["InstanceType"],
        architecture=instance["Architecture"],
        virtualization_type=instance["VirtualizationType"],
        root_device_name=instance["RootDeviceName"],
        boot_mode=instance.get("BootMode"),
        current_boot_mode=instance.get("CurrentInstanceBootMode"),
        ena_support=instance.get("EnaSupport", False),
        sriov_net_support=instance.get("SriovNetSupport"),
        tpm_support=instance.get("TpmSupport") or image.get("TpmSupport"),
        imds_support=image.get("ImdsSupport") or ("v2.0" if required else None),
        platform=instance.get("PlatformDetails", "Linux/UNIX"),
        usage_operation=instance.get("UsageOperation", "RunInstances"),
        product_codes=tuple(code["ProductCodeId"] for code in instance.get("ProductCodes", [])),
        subnet_id=instance["SubnetId"],
        volumes=_volumes(instance),
    )


def _image(image_id: str) -> Mapping[str, Any]:
    """The image that the source was launched from; empty when it has been deregistered since."""
    try:
        images = aws.client("ec2").describe_images(ImageIds=[image_id])["Images"]
    except ClientError as error:
        if aws.code(error) in {"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"}:
            return {}
        raise
    return images[0] if images else {}


def _volumes(instance: InstanceTypeDef) -> tuple[Volume, ...]:
    """The source's EBS volumes in the order of their device names."""
    mappings = {m["Ebs"]["VolumeId"]: m for m in instance.get("BlockDeviceMappings", []) if "Ebs" in m}
    if not mappings:
        return ()
    ec2 = aws.client("ec2")
    changing = [
        change["VolumeId"]
        for change in ec2.describe_volumes_modifications(
            Filters=[{"Name": "volume-id", "Values": list(mappings)}]
        )["VolumesModifications"]
        if change["ModificationState"] == "modifying"
    ]
    if changing:
        raise SourceNotReady(
            f"{', '.join(changing)} of {instance['InstanceId']} is being modified. "
            "Start the refresh again when the modification is optimizing or completed."
        )
    described = ec2.describe_volumes(VolumeIds=list(mappings))["Volumes"]
    volumes = (
        Volume(
            device_name=mappings[volume["VolumeId"]]["DeviceName"],
            volume_id=volume["VolumeId"],
            size=volume["Size"],
            type=volume["VolumeType"],
            iops=volume.get("Iops"),
            throughput=volume.get("Throughput"),
            encrypted=volume["Encrypted"],
            kms_key_id=volume.get("KmsKeyId"),
            delete_on_termination=mappings[volume["VolumeId"]]["Ebs"].get("DeleteOnTermination", False),
        )
        for volume in described
    )
    return tuple(sorted(volumes, key=lambda volume: volume.device_name))


def power_state(instance_id: str) -> str:
    """EC2's name of the instance's state now, such as `stopping`."""
    return find(instance_id)["State"]["Name"]


def stop(instance_id: str) -> None:
    """Ask the source to stop; nothing happens to one that is stopped already. Never hibernates."""
    aws.client("ec2").stop_instances(InstanceIds=[instance_id])


def check_stopped(instance_id: str, waited: int, limit: int) -> polling.Check:
    """Whether the source is stopped.

    Raises:
        SourceLost: it was terminated.
        SourceStopTimedOut: it is not stopped after `limit` seconds.
    """
    state = power_state(instance_id)
    if state == STOPPED:
        return polling.finished(state)
    _refuse_lost(instance_id, state)
    return polling.pending(
        instance_id,
        waited,
        limit,
        state,
        SourceStopTimedOut(
            f"{instance_id} is still {state} after {limit} s. Look at its system log; "
            "a longer timeouts.stop gives it more time."
        ),
    )


def _refuse_lost(instance_id: str, state: str) -> None:
    if state in {"shutting-down", "terminated"}:
        raise SourceLost(f"{instance_id} is {state}: something outside this run terminated it.")


def start(instance_id: str) -> None:
    """Ask the source to start; nothing happens to one that is running already."""
    aws.client("ec2").start_instances(InstanceIds=[instance_id])


def check_returned(instance_id: str, waited: int, limit: int) -> polling.Check:
    """Whether the source is running again.

    Raises:
        SourceLost: it was terminated.
        SourceReturnTimedOut: it is not running after `limit` seconds.
    """
    instance = find(instance_id)
    state = instance["State"]["Name"]
    if state == RUNNING:
        return polling.finished(state)
    _refuse_lost(instance_id, state)
    reason = instance.get("StateReason", {}).get("Message", "no reason given")
    return polling.pending(
        instance_id,
        waited,
        limit,
        state,
        SourceReturnTimedOut(f"{instance_id} is {state}, not running, after {limit} s: {reason}"),
    )
