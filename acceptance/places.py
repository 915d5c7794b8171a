"""Where a group can launch: the default subnets of the zones that offer an instance type."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acceptance.account import Account


def subnets_offering(account: Account, instance_type: str) -> list[str]:
    """The default subnets whose zones offer the type; none where the Region does not have it."""
    ec2 = account.aws("ec2")
    offered = {
        one["Location"]
        for page in ec2.get_paginator("describe_instance_type_offerings").paginate(
            LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": [instance_type]}]
        )
        for one in page["InstanceTypeOfferings"]
    }
    pages = ec2.get_paginator("describe_subnets").paginate(
        Filters=[{"Name": "default-for-az", "Values": ["true"]}]
    )
    subnets = [one for page in pages for one in page["Subnets"]]
    return sorted(one["SubnetId"] for one in subnets if one["AvailabilityZone"] in offered)
