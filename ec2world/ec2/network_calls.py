"""Security groups that are associated with further VPCs, which moto does not have.

Source: AssociateSecurityGroupVpc and DescribeSecurityGroupVpcAssociations in the EC2 API Reference.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response

from ec2world.wire.errors import AWSError


def networks_of(backend: Any, group: Any) -> set[str]:
    """The VPCs in which a security group can be used."""
    return {group.vpc_id, *backend.further_networks.get(group.id, ())}


class NetworkCalls(EC2Response):  # type: ignore[misc]
    """Associate and describe."""

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
