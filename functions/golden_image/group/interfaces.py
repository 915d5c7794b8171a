"""The network interfaces of a launch template version, and the security groups on them.

A version has either security groups of its own or interfaces that have them: EC2 refuses both together. A
subnet is the group's to choose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golden_image.model.source import RUNNING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_ec2.type_defs import InstanceNetworkInterfaceTypeDef, InstanceTypeDef

_AMAZON = "amazon"


def with_security_groups(data: Mapping[str, Any], ids: Sequence[str] | None) -> dict[str, Any]:
    """The content with these security groups on its primary interface; None leaves the VPC's default one."""
    result = {
        name: value for name, value in data.items() if name not in {"SecurityGroupIds", "SecurityGroups"}
    }
    primary = _primary(data)
    if primary is None:
        return {**result, "SecurityGroupIds": list(ids)} if ids else result
    changed = {**primary, "Groups": list(ids)} if ids else _less(primary, "Groups")
    result["NetworkInterfaces"] = [changed if one is primary else one for one in data["NetworkInterfaces"]]
    return result


def without(data: Mapping[str, Any]) -> dict[str, Any]:
    """The content without interfaces of its own; the security groups of the primary one stay."""
    groups = (_primary(data) or {}).get("Groups")
    result = _less(data, "NetworkInterfaces")
    return with_security_groups(result, groups) if groups else result


def in_subnet(interfaces: Sequence[Mapping[str, Any]], subnet_id: str) -> list[dict[str, Any]]:
    """The interfaces as Auto Scaling launches them: the primary one in its subnet, others where they say."""
    primary = _primary({"NetworkInterfaces": interfaces})
    return [
        {**one, "SubnetId": subnet_id} if one is primary or "SubnetId" not in one else dict(one)
        for one in interfaces
    ]


def public_address(data: Mapping[str, Any]) -> bool | None:
    """Whether instances are to have a public IPv4 address; None leaves it to their subnet."""
    stated: bool | None = (_primary(data) or {}).get("AssociatePublicIpAddress")
    return stated


def of_source(instance: InstanceTypeDef) -> tuple[dict[str, Any], list[str]]:
    """The interfaces or security groups of a version like the source, and what of the source it cannot have.

    Addresses, ids and the subnet are the source's alone: a version has the number of addresses. Interfaces
    beside the primary one are bound to a subnet; only those of EFA are taken, which exist from the launch on.

    Args:
        instance: one that runs or is stopped, as DescribeInstances answers it.
    """
    found = sorted(instance.get("NetworkInterfaces", []), key=_place)
    primary, others = found[0], found[1:]
    fabric = [one for one in others if one.get("InterfaceType", "").startswith("efa")]
    lost = _lost(instance, primary, further=len(others) > len(fabric), several=bool(fabric))
    settings = _settings(primary)
    public = _has_public_address(instance, primary)
    if public is not None and not fabric:  # EC2 gives none to an instance of several interfaces
        settings["AssociatePublicIpAddress"] = public
    groups = [group["GroupId"] for group in primary.get("Groups", [])]
    if not settings and not fabric:
        return ({"SecurityGroupIds": groups} if groups else {}), lost
    return {
        "NetworkInterfaces": [_like(primary, settings), *(_like(one, _settings(one)) for one in fabric)]
    }, lost


def _lost(
    instance: InstanceTypeDef, primary: InstanceNetworkInterfaceTypeDef, *, further: bool, several: bool
) -> list[str]:
    association = primary.get("Association", {})
    public, amazons = "PublicIp" in association, association.get("IpOwnerId") == _AMAZON
    lost = {
        "further network interfaces": further,
        "Elastic IP address": public and not amazons,
        "public address beside several interfaces": several and public and amazons,
        "source/destination check that is off": not instance.get("SourceDestCheck", True),
    }
    return [name for name, there in lost.items() if there]


def _has_public_address(instance: InstanceTypeDef, primary: InstanceNetworkInterfaceTypeDef) -> bool | None:
    """Whether the source has a public IPv4 address of Amazon's; None where that cannot be seen.

    False is not left to the subnets, which would give an address. A stopped instance has given its address
    back, an Elastic IP or carrier address hides whether there would be one, and IPv6 alone goes without.
    """
    if association := primary.get("Association"):
        return True if association.get("IpOwnerId") == _AMAZON and "PublicIp" in association else None
    has_ipv4 = "PrivateIpAddress" in primary
    return False if has_ipv4 and instance["State"]["Name"] == RUNNING else None


def _settings(one: InstanceNetworkInterfaceTypeDef) -> dict[str, Any]:
    """What an interface has beyond its groups, where that differs from what EC2 gives by itself."""
    attachment, kind = one.get("Attachment", {}), one.get("InterfaceType", "")
    ena = attachment.get("EnaSrdSpecification", {})
    addresses = one.get("Ipv6Addresses", [])
    found = {
        "InterfaceType": kind if kind.startswith("efa") else None,
        "AssociateCarrierIpAddress": "CarrierIp" in one.get("Association", {}),
        "SecondaryPrivateIpAddressCount": len(one.get("PrivateIpAddresses", [])[1:]),
        "Ipv6AddressCount": len(addresses),
        "PrimaryIpv6": any(address.get("IsPrimaryIpv6") for address in addresses),
        "Ipv4PrefixCount": len(one.get("Ipv4Prefixes", [])),
        "Ipv6PrefixCount": len(one.get("Ipv6Prefixes", [])),
        "ConnectionTrackingSpecification": one.get("ConnectionTrackingConfiguration"),
        "EnaSrdSpecification": ena if ena.get("EnaSrdEnabled") else None,
        "EnaQueueCount": attachment.get("EnaQueueCount"),
    }
    return {name: value for name, value in found.items() if value}


def _like(one: InstanceNetworkInterfaceTypeDef, settings: dict[str, Any]) -> dict[str, Any]:
    card, index = _place(one)
    groups = [group["GroupId"] for group in one.get("Groups", [])]
    return {
        "DeviceIndex": index,
        **({"NetworkCardIndex": card} if card else {}),
        **({"Groups": groups} if groups else {}),
        "DeleteOnTermination": True,
        **settings,
    }


def _place(one: InstanceNetworkInterfaceTypeDef) -> tuple[int, int]:
    attachment = one.get("Attachment", {})
    return attachment.get("NetworkCardIndex", 0), attachment.get("DeviceIndex", 0)


def _primary(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """The interface that is device 0 of card 0; one without an index is the only one."""
    found = [
        one
        for one in data.get("NetworkInterfaces", [])
        if not one.get("DeviceIndex") and not one.get("NetworkCardIndex")
    ]
    return found[0] if found else None


def _less(data: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}
