"""Subnets that are in use, security groups that are associated with further VPCs, and placement groups.

Source: DeleteSubnet, AssociateSecurityGroupVpc, DescribeSecurityGroupVpcAssociations, CreatePlacementGroup
and DescribePlacementGroups in the EC2 API Reference, and "Error codes for the Amazon EC2 API".
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response
from moto.ec2.utils import random_resource_id

from ec2world.wire.errors import AWSError


def networks_of(backend: Any, group: Any) -> set[str]:
    """The VPCs in which a security group can be used."""
    return {group.vpc_id, *backend.further_networks.get(group.id, ())}


def refuse_unknown_placement(backend: Any, placement: dict[str, Any]) -> None:
    """Refuse a placement group that does not exist."""
    groups = backend.placement_groups
    if (name := placement.get("GroupName")) and name not in groups:
        raise AWSError("InvalidPlacementGroup.Unknown", f"The Placement Group '{name}' is unknown.")
    if (group_id := placement.get("GroupId")) and group_id not in groups.values():
        raise AWSError("InvalidPlacementGroup.Unknown", f"The Placement Group '{group_id}' is unknown.")


class NetworkCalls(EC2Response):  # type: ignore[misc]
    """Delete, associate and describe."""

    def create_subnet(self) -> ActionResult:
        """Make one, in the Region's first zone where the call names none; AWS takes any."""
        if not (self._get_param("AvailabilityZone") or self._get_param("AvailabilityZoneId")):
            zones = [one.name for one in self.ec2_backend.describe_availability_zones()]
            self.params["AvailabilityZone"] = min(zones)
        return super().create_subnet()

    def delete_subnet(self) -> ActionResult:
        """Delete a subnet in which there is no instance."""
        subnet_id = self._get_param("SubnetId")
        if any(
            nic.subnet.id == subnet_id
            for instance in self.ec2_backend.all_instances()
            if instance.state != "terminated"
            for nic in instance.nics.values()
        ):
            raise AWSError(
                "DependencyViolation", f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
            )
        return super().delete_subnet()

    def associate_security_group_vpc(self) -> ActionResult:
        """Let a group be used in another VPC of its Region."""
        group_id, vpc_id = self._get_param("GroupId"), self._get_param("VpcId")
        if self.ec2_backend.get_security_group_from_id(group_id) is None:
            raise AWSError("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
        self.ec2_backend.get_vpc(vpc_id)
        self.ec2_backend.further_networks.setdefault(group_id, []).append(vpc_id)
        return ActionResult({"State": "associating"})

    def describe_security_group_vpc_associations(self) -> ActionResult:
        """Those of the groups, VPCs and states that the filters name."""
        wanted = self._filters_from_querystring()
        found = [
            {"GroupId": group_id, "VpcId": vpc_id, "State": "associated"}
            for group_id, networks in self.ec2_backend.further_networks.items()
            for vpc_id in networks
        ]
        names = {"group-id": "GroupId", "vpc-id": "VpcId", "state": "State"}
        chosen = [one for one in found if all(one[names[key]] in values for key, values in wanted.items())]
        return ActionResult({"SecurityGroupVpcAssociations": chosen})

    def create_placement_group(self) -> ActionResult:
        """Make one that is available at once."""
        name = self._get_param("GroupName")
        if name in self.ec2_backend.placement_groups:
            raise AWSError("InvalidPlacementGroup.Duplicate", f"The Placement Group '{name}' already exists.")
        self.ec2_backend.placement_groups[name] = f"pg-{random_resource_id()}"
        return ActionResult({"PlacementGroup": self._placement_group(name)})

    def describe_placement_groups(self) -> ActionResult:
        """All, or those that are named; one that does not exist fails the call."""
        names, ids = self._get_param("GroupNames", []), self._get_param("GroupIds", [])
        for placement in (*({"GroupName": one} for one in names), *({"GroupId": one} for one in ids)):
            refuse_unknown_placement(self.ec2_backend, placement)
        chosen = [
            name
            for name, group_id in self.ec2_backend.placement_groups.items()
            if not (names or ids) or name in names or group_id in ids
        ]
        return ActionResult({"PlacementGroups": [self._placement_group(name) for name in chosen]})

    def _placement_group(self, name: str) -> dict[str, str]:
        group_id = self.ec2_backend.placement_groups[name]
        return {"GroupName": name, "GroupId": group_id, "State": "available", "Strategy": "cluster"}
