"""What RunInstances refuses of a launch, beside what it cannot find: parts that do not go together.

Sources: "Error codes for the Amazon EC2 API", DescribeInstanceTypes in the EC2 API Reference, and the
messages that people report of RunInstances and of Auto Scaling's activities. Of boot modes, virtualization
and NitroTPM only the refusal is known, not AWS's words.
"""

from ipaddress import ip_address, ip_network
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS, INSTANCE_TYPES

from ec2world.ec2.images import Image
from ec2world.ec2.network_calls import networks_of
from ec2world.wire.errors import AWSError

GROUPS_PER_INTERFACE = 5


def refuse_unknown_names(backend: Any, params: dict[str, Any]) -> None:
    """Refuse a key pair or an instance profile that does not exist."""
    key = params.get("KeyName")
    if key and key not in backend.key_pairs:
        raise AWSError("InvalidKeyPair.NotFound", f"The key pair '{key}' does not exist")
    for kind, given in params.get("IamInstanceProfile", {}).items():
        if given and given.rpartition("/")[2] not in backend.scene.profiles:
            raise AWSError(
                "InvalidParameterValue",
                f"Value ({given}) for parameter iamInstanceProfile.{kind.lower()} is invalid. Invalid IAM "
                f"Instance Profile {kind.lower() if kind == 'Name' else 'ARN'}",
            )


def refuse_mismatch(params: dict[str, Any], image: Image, instance_type: str) -> None:
    """Refuse an image that the type cannot run, and EBS optimization that it does not have."""
    known = INSTANCE_TYPES[instance_type]
    supported = known["ProcessorInfo"]["SupportedArchitectures"]
    if image.architecture not in supported:
        raise AWSError(
            "InvalidParameterValue",
            f"The architecture '{','.join(supported)}' of the specified instance type does not match the "
            f"architecture '{image.architecture}' of the specified AMI. Specify an instance type and an "
            "AMI that have matching architectures, and try again.",
        )
    if image.virtualization_type not in known["SupportedVirtualizationTypes"]:
        raise AWSError(
            "InvalidParameterCombination",
            f"Virtualization type '{image.virtualization_type}' is required for the instance type "
            f"'{instance_type}'. Ensure that you are using an AMI with the supported virtualization type.",
        )
    if known["NetworkInfo"]["EnaSupport"] == "required" and not image.ena_support:
        raise AWSError(
            "InvalidParameterCombination",
            "Enhanced networking with the Elastic Network Adapter (ENA) is required for the "
            f"'{instance_type}' instance type. Ensure that you are using an AMI that is enabled for ENA.",
        )
    modes = known["SupportedBootModes"]
    if image.boot_mode in ("uefi", "legacy-bios") and image.boot_mode not in modes:
        raise AWSError(
            "InvalidParameterCombination",
            f"The {instance_type} instance type does not support an AMI with boot mode {image.boot_mode}. "
            f"Only instance types with the boot modes {', '.join(modes)} support it.",
        )
    if image.tpm_support and "uefi" not in modes:
        raise AWSError(
            "InvalidParameterCombination", f"The {instance_type} instance type does not support NitroTPM."
        )
    if params.get("EbsOptimized") and known["EbsInfo"]["EbsOptimizedSupport"] == "unsupported":
        raise AWSError(
            "Unsupported",
            "EBS-optimized instances are not supported for your requested configuration. Please check the "
            "documentation for supported configurations.",
        )


def refuse_place(backend: Any, subnet: Any, groups: list[Any], instance_type: str) -> None:
    """Refuse too many security groups, those of another network, and a zone that does not have the type."""
    if len(groups) > GROUPS_PER_INTERFACE:
        raise AWSError(
            "SecurityGroupsPerInterfaceLimitExceeded",
            "The maximum number of security groups per interface has been reached.",
        )
    for group in groups:
        if subnet.vpc_id not in networks_of(backend, group):
            raise AWSError(
                "InvalidParameter",
                f"Security group {group.id} and subnet {subnet.id} belong to different networks.",
            )
    zones = zones_of(instance_type, backend.region_name)
    if subnet.availability_zone not in zones:
        raise AWSError(
            "Unsupported",
            f"Your requested instance type ({instance_type}) is not supported in your requested Availability "
            f"Zone ({subnet.availability_zone}). Please retry your request by not specifying an Availability "
            f"Zone or choosing {', '.join(zones)}.",
        )


def refuse_address(subnet: Any, address: str | None) -> None:
    """Refuse a private address that is not of the subnet."""
    if address and ip_address(address) not in ip_network(subnet.cidr_block):
        raise AWSError(
            "InvalidParameterValue", f"Address {address} does not fall within the subnet's address range"
        )


def zones_of(instance_type: str, region: str) -> list[str]:
    """The zones of a Region that offer a type."""
    offers = INSTANCE_TYPE_OFFERINGS["availability-zone"].get(region, [])
    return sorted(one["Location"] for one in offers if one["InstanceType"] == instance_type)
