"""The content of a new launch template: what the source has, less what belongs to that one instance."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from golden_image import aws
from golden_image.group import interfaces
from golden_image.group.version_data import accepted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_ec2.type_defs import InstanceTypeDef, InstanceTypeInfoTypeDef

    from golden_image.group.findings import KnownType

# Every member of LaunchTemplateData is in one of these two; a test holds that against EC2's model.
CARRIED = (
    "CapacityReservationSpecification",
    "CpuOptions",
    "CreditSpecification",
    "EbsOptimized",
    "EnclaveOptions",
    "HibernationOptions",
    "IamInstanceProfile",
    "InstanceInitiatedShutdownBehavior",
    "InstanceType",
    "KeyName",
    "LicenseSpecifications",
    "MaintenanceOptions",
    "MetadataOptions",
    "Monitoring",
    "NetworkPerformanceOptions",
    "Placement",
    "PrivateDnsNameOptions",
)
# Why a member is not taken from the source as EC2 answers it.
NOT_CARRIED = {
    "BlockDeviceMappings": "the image has the volumes",
    "DisableApiStop": "a source with stop protection is refused",
    "DisableApiTermination": "it protects the one instance that is configured by hand",
    "ElasticGpuSpecifications": "AWS has ended the service",
    "ElasticInferenceAccelerators": "AWS has ended the service",
    "ImageId": "the run has its own",
    "InstanceMarketOptions": "a Spot source is refused",
    "InstanceRequirements": "an instance has a type",
    "KernelId": "the image has it",
    "NetworkInterfaces": "made anew, without ids, addresses and subnet",
    "Operator": "a service of AWS manages the one instance",
    "RamDiskId": "the image has it",
    "SecondaryInterfaces": "each is bound to a subnet",
    "SecurityGroupIds": "those of the primary interface",
    "SecurityGroups": "those of the primary interface",
    "TagSpecifications": "tags name the one instance; the input states those of the group's",
    "UserData": "it has a call of its own, and may be secret: no plan has it",
}
# Of Placement: the group chooses zones, and a host or a partition is one place.
PLACEMENT = ("GroupId", "GroupName", "HostResourceGroupArn", "Tenancy")
_NO_WEIGHTING = {"BandwidthWeighting": "default"}
# What EC2 does by itself is left out: a type without the feature refuses the parameter.
_BY_ITSELF: dict[str, Any] = {
    "CapacityReservationSpecification": {"CapacityReservationPreference": "open"},
    "EnclaveOptions": {"Enabled": False},
    "HibernationOptions": {"Configured": False},
    "MaintenanceOptions": {"AutoRecovery": "default"},
    "NetworkPerformanceOptions": _NO_WEIGHTING,
    "Placement": {"Tenancy": "default"},
}
_BURSTABLE = re.compile(r"t\d")


def data_of(
    instance: InstanceTypeDef, wanted_type: str | None, known_type: KnownType
) -> tuple[dict[str, Any], list[str]]:
    """The content, and the names of the settings that it cannot have.

    Args:
        wanted_type: the input's instance type. CPU counts of another type would hold in it too.
        known_type: describes a type, as instance_types.find does.
    """
    answer = aws.client("ec2").get_launch_template_data(InstanceId=instance["InstanceId"])[
        "LaunchTemplateData"
    ]
    found = accepted("CreateLaunchTemplate", answer)
    data = {name: found[name] for name in CARRIED if name in found}
    data["InstanceType"] = instance["InstanceType"]
    data["Monitoring"] = {"Enabled": instance["Monitoring"]["State"] in {"enabled", "pending"}}
    if "Arn" in data.get("IamInstanceProfile", {}):
        data["IamInstanceProfile"] = {"Arn": data["IamInstanceProfile"]["Arn"]}
    data["Placement"] = _placement(found)
    if "CapacityReservationTarget" in data.get("CapacityReservationSpecification", {}):
        data["CapacityReservationSpecification"].pop("CapacityReservationPreference", None)
    lost = list(_lost(found))
    lost += _fit_type(data, wanted_type or instance["InstanceType"], known_type)
    own, lost_interfaces = interfaces.of_source(instance)
    kept = {name: value for name, value in data.items() if value not in ({}, _BY_ITSELF.get(name))}
    return {**kept, **own}, lost + lost_interfaces


def _placement(found: dict[str, Any]) -> dict[str, Any]:
    """Of a placement group's name and id EC2 takes one, and only the id of one that is shared."""
    placement = {name: value for name, value in found.get("Placement", {}).items() if name in PLACEMENT}
    if "GroupId" in placement:
        placement.pop("GroupName", None)
    return placement


def _fit_type(data: dict[str, Any], wanted_type: str, known_type: KnownType) -> Iterator[str]:
    """Take out what the instance type would refuse or misread; the names of what was more than a default."""
    if "CpuOptions" in data and data["CpuOptions"] == _usual_cpu(known_type(data["InstanceType"])):
        del data["CpuOptions"]
    if wanted_type == data["InstanceType"]:
        return
    if data.pop("CpuOptions", None):
        yield f"CPU options, which are those of {data['InstanceType']}"
    if data.pop("NetworkPerformanceOptions", _NO_WEIGHTING) != _NO_WEIGHTING:
        yield f"bandwidth weighting, which is that of {data['InstanceType']}"
    if not _BURSTABLE.match(wanted_type) and data.pop("CreditSpecification", None):
        yield f"CPU credits, which {wanted_type} does not have"


def _usual_cpu(known: InstanceTypeInfoTypeDef | None) -> dict[str, Any]:
    processor = known.get("VCpuInfo", {}) if known else {}
    return {
        "CoreCount": processor.get("DefaultCores"),
        "ThreadsPerCore": processor.get("DefaultThreadsPerCore"),
    }


def _lost(found: dict[str, Any]) -> Iterator[str]:
    placement = found.get("Placement", {})
    lost = {
        "termination protection": found.get("DisableApiTermination"),
        "Elastic GPUs": found.get("ElasticGpuSpecifications"),
        "Elastic Inference accelerators": found.get("ElasticInferenceAccelerators"),
        "managing operator": found.get("Operator"),
        "secondary network interfaces": found.get("SecondaryInterfaces"),
        "Dedicated Host": placement.get("HostId"),
        "host affinity": placement.get("Affinity") == "host",
        "partition": placement.get("PartitionNumber"),
    }
    yield from (name for name, there in lost.items() if there)
