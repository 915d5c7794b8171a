"""The subnets of a group. That it goes on in the others where one was deleted is an assumption."""

from typing import Any


def listed(identifiers: str | None) -> list[str]:
    """The subnets of a VPCZoneIdentifier."""
    return [one for one in (identifiers or "").replace(" ", "").split(",") if one]


def existing(ec2: Any, subnet_ids: list[str]) -> list[str]:
    """Those that have not been deleted since a group was given them."""
    there = {subnet_id for of_zone in ec2.subnets.values() for subnet_id in of_zone}
    return [one for one in subnet_ids if one in there]
