"""What a launch says of an instance and moto drops: CPU options, licences, placement, interfaces.

Sources: RunInstances and the data types that it names in the EC2 API Reference.
"""

from typing import TYPE_CHECKING, Any

from moto.ec2.models import elastic_network_interfaces
from moto.ec2.models.instance_types import INSTANCE_TYPES

from ec2world.wire.errors import AWSError

if TYPE_CHECKING:
    from ec2world.ec2.instances import TimedInstance

# What every instance shows, as it is where the launch says nothing.
_SHOWN: dict[str, dict[str, Any]] = {
    "CapacityReservationSpecification": {"CapacityReservationPreference": "open"},
    "EnclaveOptions": {"Enabled": False},
    "MaintenanceOptions": {"AutoRecovery": "default"},
    "NetworkPerformanceOptions": {"BandwidthWeighting": "default"},
    "PrivateDnsNameOptions": {
        "HostnameType": "ip-name",
        "EnableResourceNameDnsARecord": False,
        "EnableResourceNameDnsAAAARecord": False,
    },
}
_PLACEMENT = (
    "Affinity",
    "GroupId",
    "GroupName",
    "HostId",
    "HostResourceGroupArn",
    "PartitionNumber",
    "Tenancy",
)


class NetworkInterface(elastic_network_interfaces.NetworkInterface):  # type: ignore[misc]
    """An interface whose public address is Amazon's, unless it is an Elastic IP of the account, which stays.

    It has the name of moto's, by which the serializer finds its id.
    """

    @property
    def association(self) -> dict[str, Any]:
        """The public address."""
        found: dict[str, Any] = super().association
        return {**found, "ipOwnerId": "amazon"} if found and "allocationId" not in found else found

    def stop(self) -> None:
        """Give an address of Amazon's back."""
        if "allocationId" not in self.association:
            super().stop()

    def start(self) -> None:
        """Get another address of Amazon's, where the launch said so."""
        if "allocationId" not in self.association:
            super().start()


def usual_cpu(instance_type: str) -> dict[str, int]:
    """The CPU options of a type; those of t3.small for one that moto does not know."""
    processor = INSTANCE_TYPES.get(instance_type, {}).get("VCpuInfo", {})
    return {
        "CoreCount": processor.get("DefaultCores", 1),
        "ThreadsPerCore": processor.get("DefaultThreadsPerCore", 2),
    }


def refuse_combinations(params: dict[str, Any]) -> None:
    """Raise what RunInstances says about parameters that do not go together."""
    interfaces = params.get("NetworkInterfaces", [])
    if interfaces and params.get("SubnetId"):
        raise AWSError(
            "InvalidParameterCombination",
            "Network interfaces and an instance-level subnet ID may not be specified on the same request",
        )
    if interfaces and (params.get("SecurityGroupIds") or params.get("SecurityGroups")):
        raise AWSError(
            "InvalidParameterCombination",
            "Network interfaces and an instance-level security groups may not be specified on the same "
            "request",
        )
    if any(one.get("NetworkInterfaceId") and one.get("SubnetId") for one in interfaces):
        raise AWSError(
            "InvalidParameterCombination",
            "A network interface may not specify both a network interface ID and a subnet",
        )
    if len(interfaces) > 1 and any(one.get("AssociatePublicIpAddress") for one in interfaces):
        raise AWSError(
            "InvalidParameterCombination",
            "The associatePublicIPAddress parameter cannot be specified when launching with multiple network "
            "interfaces.",
        )
    spot = params.get("InstanceMarketOptions", {}).get("SpotOptions", {})
    interrupted = spot.get("InstanceInterruptionBehavior", "terminate")
    if spot.get("SpotInstanceType") == "persistent" and interrupted == "terminate":
        raise AWSError(
            "InvalidParameterCombination",
            "Persistent Spot Instance requests are supported only when the instance interruption behavior is "
            "hibernate or stop.",
        )
    if params.get("InstanceRequirements"):
        raise AWSError("InvalidParameterCombination", "RunInstances does not take InstanceRequirements.")


def refuse_for_type(params: dict[str, Any]) -> None:
    """Raise what RunInstances says about parameters that the instance type does not have."""
    known = INSTANCE_TYPES.get(params.get("InstanceType", ""))
    if known is None:
        return
    if params.get("EbsOptimized") and known["EbsInfo"]["EbsOptimizedSupport"] == "unsupported":
        raise AWSError(
            "Unsupported",
            "EBS-optimized instances are not supported for your requested configuration. Please check the "
            "documentation for supported configurations.",
        )
    options, processor = params.get("CpuOptions", {}), known["VCpuInfo"]
    wanted = {"ValidCores": options.get("CoreCount"), "ValidThreadsPerCore": options.get("ThreadsPerCore")}
    if any(value and int(value) not in processor.get(name, []) for name, value in wanted.items()):
        raise AWSError(
            "InvalidParameterCombination",
            f"The instance type {params['InstanceType']} does not support the specified CpuOptions.",
        )


def keep(instance: "TimedInstance", params: dict[str, Any]) -> None:
    """Give the instance what its launch says."""
    for name, usual in _SHOWN.items():
        given = params.get(name) or {}
        setattr(instance, _attribute(name), given if name.startswith("Capacity") and given else usual | given)
    instance.cpu_options = usual_cpu(instance.instance_type) | (params.get("CpuOptions") or {})
    instance.licenses = params.get("LicenseSpecifications", [])
    instance.credit_specification = params.get("CreditSpecification")
    for name in _PLACEMENT:
        if name in params.get("Placement", {}):
            setattr(instance.placement, _attribute(name), params["Placement"][name])
    for nic in instance.nics.values():
        nic.__class__ = NetworkInterface  # moto makes the object
    # Without interfaces of its own, the launch says what the first one has.
    interfaces = params.get("NetworkInterfaces") or [params]
    for nic, said in zip(instance.nics.values(), interfaces, strict=False):
        nic.interface_type = said.get("InterfaceType", "interface")
        missing = int(said.get("Ipv6AddressCount", 0)) - len(nic.ipv6_addresses)
        nic.ipv6_addresses += [f"2001:db8::{number + 1:x}" for number in range(missing)]


def _attribute(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
