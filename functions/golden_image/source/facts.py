"""The facts of the source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.errors import SourceNotFound, SourceNotReady
from golden_image.image import lookup
from golden_image.model.source import Source, Volume

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_ec2.type_defs import InstanceTypeDef


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
    """The source's facts, with its volumes and the attributes that only its image has.

    Raises:
        SourceNotReady: one of its volumes is being modified.
    """
    # Nothing of it where it has been deregistered since the source was launched from it.
    image: Mapping[str, Any] = lookup.find(instance["ImageId"]) or {}
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
        sriov_net_support=_sriov_net_support(instance["InstanceId"]),
        tpm_support=instance.get("TpmSupport") or image.get("TpmSupport"),
        imds_support=image.get("ImdsSupport") or ("v2.0" if required else None),
        platform=instance.get("PlatformDetails", "Linux/UNIX"),
        usage_operation=instance.get("UsageOperation", "RunInstances"),
        product_codes=tuple(code["ProductCodeId"] for code in instance.get("ProductCodes", [])),
        subnet_id=instance["SubnetId"],
        volumes=_volumes(instance),
    )


def _sriov_net_support(instance_id: str) -> str | None:
    """`simple`, as base images of Windows and Ubuntu have it, or None; DescribeInstances does not show it."""
    attribute = aws.client("ec2").describe_instance_attribute(
        InstanceId=instance_id, Attribute="sriovNetSupport"
    )
    return attribute.get("SriovNetSupport", {}).get("Value")


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
            "Start a new run when the modification is optimizing or completed."
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
