"""The group's network: its subnets, their zones, and the security groups that are to fit them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import aws
from golden_image.group import interfaces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef
    from mypy_boto3_ec2.type_defs import FilterTypeDef, SubnetTypeDef

    from golden_image.group.findings import Findings
    from golden_image.model.group import GroupPlan
    from golden_image.model.launch_template import LaunchTemplatePlan
    from golden_image.model.source import Source

# Every account may put so many on an interface; more is asked for.
_USUAL_SECURITY_GROUPS = 5
_SECURITY_GROUP_LIMIT = "vpc-max-security-groups-per-interface"
_SUBNETS, _SECURITY_GROUPS = "group.subnetIds", "launchTemplate.securityGroupIds"
_NOWHERE = "does not exist in this account and Region"


def subnets(
    found: AutoScalingGroupTypeDef | None, group: GroupPlan, findings: Findings
) -> list[SubnetTypeDef]:
    """The subnets in which the group will launch, in its order; those that cannot be used are told.

    A group that was made with zones only launches in the default subnets of those.
    """
    ids = list(group.subnets)
    if ids or found is None:
        there = _described({"Name": "subnet-id", "Values": ids})
        there.sort(key=lambda subnet: ids.index(subnet["SubnetId"]))
    else:
        there = default_subnets(found["AvailabilityZones"])
    usable = [subnet for subnet in there if subnet["State"] == "available"]
    lost = dict.fromkeys(ids, _NOWHERE) | {subnet["SubnetId"]: f"is {subnet['State']}" for subnet in there}
    _tell_lost([f"{one} {why}" for one, why in lost.items() if one not in _ids(usable)], usable, findings)
    if len({subnet["VpcId"] for subnet in usable}) > 1:
        each = ", ".join(f"{subnet['SubnetId']} of {subnet['VpcId']}" for subnet in usable)
        findings.wrong(_SUBNETS, f"must be of one VPC, found {each}")
    return usable


def _tell_lost(lost: list[str], usable: list[SubnetTypeDef], findings: Findings) -> None:
    """Auto Scaling refuses to be given such a subnet; a group that has one goes on in its others."""
    each = ", ".join(lost)
    if lost and findings.request.group.subnet_ids:
        findings.wrong(_SUBNETS, each)
    elif not usable:
        each = each or "its zones have no default subnets"
        findings.wrong(_SUBNETS, f"the group has no subnet to launch in: {each}. Set {_SUBNETS}")
    elif lost:
        findings.warnings.append(f"the group launches nothing in some of its subnets: {each}.")


def default_subnets(zones: Sequence[str]) -> list[SubnetTypeDef]:
    """The subnets into which a group launches that names Availability Zones and no subnets."""
    return _described(
        {"Name": "availability-zone", "Values": zones}, {"Name": "default-for-az", "Values": ["true"]}
    )


def _described(*filters: FilterTypeDef) -> list[SubnetTypeDef]:
    pages = aws.client("ec2").get_paginator("describe_subnets")
    return [subnet for page in pages.paginate(Filters=filters) for subnet in page["Subnets"]]


def _ids(place: list[SubnetTypeDef]) -> list[str]:
    return [subnet["SubnetId"] for subnet in place]


def offering(
    types: tuple[str, ...], place: list[SubnetTypeDef], group: GroupPlan, findings: Findings
) -> list[SubnetTypeDef]:
    """Those of the subnets whose zones offer one of the types; a zone that does not is told.

    Auto Scaling goes on to the next zone, so one is enough. What an Outpost offers is not judged here.
    """
    if not place:
        return place
    zones = _zones(types)
    can = [subnet for subnet in place if subnet["AvailabilityZone"] in zones or subnet.get("OutpostArn")]
    without = sorted({subnet["AvailabilityZone"] for subnet in place if subnet not in can})
    where = f"{' and '.join(types)} {'is' if len(types) == 1 else 'are'} not offered in {', '.join(without)}"
    if not can:
        offered = f"in {', '.join(zones)}" if zones else "nowhere in this Region"
        findings.wrong(
            "launchTemplate.instanceType",
            f"{where}, where the group's subnets are, but {offered}. Name another type, or other subnets",
        )
        return place
    if without:
        findings.warnings.append(f"{where}: the group launches nothing in its subnets there.")
    _tell_addresses(can, group.sizes.desired_capacity, findings)
    return can


def _zones(types: tuple[str, ...]) -> list[str]:
    """The zones that offer one of the types."""
    pages = aws.client("ec2").get_paginator("describe_instance_type_offerings")
    found = pages.paginate(
        LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": types}]
    )
    return sorted({offer["Location"] for page in found for offer in page["InstanceTypeOfferings"]})


def _tell_addresses(place: list[SubnetTypeDef], instances: int, findings: Findings) -> None:
    free = sum(subnet["AvailableIpAddressCount"] for subnet in place)
    if free < instances and not any(subnet.get("Ipv6Native") for subnet in place):
        findings.warnings.append(
            f"the group is to have {instances} instances, and its subnets have {free} free addresses: "
            f"{', '.join(_ids(place))}."
        )


def tell_public_addresses(
    source: Source, template: LaunchTemplatePlan, place: list[SubnetTypeDef], findings: Findings
) -> None:
    """Tell where a new template and its subnets differ on public IPv4 addresses, or the source shows none.

    A source that differs from its own subnet was made so, whatever others give. A template that exists is as
    people made it.
    """
    is_chosen = template.id is not None or "NetworkInterfaces" in template.changes
    if is_chosen or len(template.data.get("NetworkInterfaces", [])) > 1:
        return
    stated = interfaces.public_address(template.data)
    differing = _ids([subnet for subnet in place if subnet["MapPublicIpOnLaunch"] != bool(stated)])
    if not differing or (stated is not None and _gives_public_addresses(source.subnet_id, place) != stated):
        return
    where = ", ".join(differing)
    findings.warnings.append(
        f"the group's instances get a public address in {where}, which give one. The source does not show "
        "whether it has one: it is stopped, or has an Elastic IP address or no IPv4 address."
        if stated is None
        else f"the group's instances get {'a' if stated else 'no'} public address in {where}, as the source "
        f"{'has one' if stated else 'has none'}, and not as the subnets say. Set "
        "launchTemplate.networkInterfaces to null to leave it to the subnets."
    )


def refuse_public_address_without_subnets(
    template: LaunchTemplatePlan, place: list[SubnetTypeDef], group: GroupPlan, findings: Findings
) -> None:
    """Refuse to state public addresses for a group that launches in default subnets, as it names zones only.

    Auto Scaling says: "AssociatePublicIpAddress field can not be specified without a subnet id".
    """
    if place and not group.subnets and interfaces.public_address(template.data) is not None:
        findings.wrong(
            _SUBNETS,
            "the group has Availability Zones and no subnets, for which Auto Scaling takes no template "
            "that states public addresses (AssociatePublicIpAddress). Set group.subnetIds, or set "
            "launchTemplate.networkInterfaces to null to leave them to the zones' default subnets",
        )


def _gives_public_addresses(subnet_id: str, known: list[SubnetTypeDef]) -> bool:
    found = [subnet for subnet in known if subnet["SubnetId"] == subnet_id]
    found = found or _described({"Name": "subnet-id", "Values": [subnet_id]})
    return any(subnet["MapPublicIpOnLaunch"] for subnet in found)


def refuse_security_groups(
    template: LaunchTemplatePlan, place: list[SubnetTypeDef], findings: Findings
) -> None:
    """Refuse groups that do not exist or are not of the subnets' VPC, and more than an interface takes."""
    ids, most = template.security_group_ids, template.most_security_groups
    if not ids:
        return
    origin = findings.origin("securityGroupIds")
    pages = aws.client("ec2").get_paginator("describe_security_groups")
    found = pages.paginate(Filters=[{"Name": "group-id", "Values": list(ids)}])
    networks = {one["GroupId"]: one["VpcId"] for page in found for one in page["SecurityGroups"]}
    if missing := [one for one in ids if one not in networks]:
        findings.wrong(_SECURITY_GROUPS, f"{', '.join(missing)}{origin} {_NOWHERE}")
    for vpc_id in sorted({subnet["VpcId"] for subnet in place}):
        if foreign := _foreign(networks, vpc_id):
            there = ", ".join(subnet["SubnetId"] for subnet in place if subnet["VpcId"] == vpc_id)
            findings.wrong(
                _SECURITY_GROUPS,
                f"{', '.join(foreign)}{origin} cannot be used in {vpc_id}, the VPC of the group's subnets "
                f"{there}. Name security groups of that VPC, or other subnets",
            )
    if most > _USUAL_SECURITY_GROUPS and most > (limit := _security_group_limit()):
        findings.wrong(_SECURITY_GROUPS, f"has {most}; an interface takes {limit} in this account")


def _foreign(networks: dict[str, str], vpc_id: str) -> list[str]:
    """Those of the security groups, by the VPC that each is of, that may not be used in this one."""
    others = sorted(one for one, network in networks.items() if network != vpc_id)
    if not others:
        return []
    pages = aws.client("ec2").get_paginator("describe_security_group_vpc_associations")
    filters: list[FilterTypeDef] = [
        {"Name": "group-id", "Values": others},
        {"Name": "vpc-id", "Values": [vpc_id]},
        {"Name": "state", "Values": ["associated"]},
    ]
    found = pages.paginate(Filters=filters)
    usable = {one["GroupId"] for page in found for one in page["SecurityGroupVpcAssociations"]}
    return [f"{one} of {networks[one]}" for one in others if one not in usable]


def _security_group_limit() -> int:
    attributes = aws.client("ec2").describe_account_attributes()["AccountAttributes"]
    values = {one["AttributeName"]: one["AttributeValues"][0]["AttributeValue"] for one in attributes}
    return int(values[_SECURITY_GROUP_LIMIT])
