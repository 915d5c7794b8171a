"""What Auto Scaling refuses of a group's network and topics, each with a ValidationError.

Of several VPCs and of topics only the refusal is known, not AWS's words.
"""

from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException

from ec2world.autoscaling.errors import validation_error
from ec2world.autoscaling.subnets import existing
from ec2world.ec2.network_calls import networks_of

if TYPE_CHECKING:
    from ec2world.autoscaling.groups import Group


def check_subnets(ec2: Any, subnet_ids: list[str]) -> None:
    """Refuse subnets that do not exist, and those of more than one VPC."""
    networks = set()
    for subnet_id in subnet_ids:
        try:
            networks.add(ec2.get_subnet(subnet_id).vpc_id)
        except ServiceException:
            raise validation_error(f"The subnet ID '{subnet_id}' does not exist") from None
    if len(networks) > 1:
        raise validation_error(f"The subnets belong to several VPCs: {', '.join(sorted(networks))}")


def check_security_groups(group: "Group", subnet_ids: list[str]) -> None:
    """Refuse a template whose security groups are not of the subnets' VPC."""
    params, _ = group.own_launch_parameters()
    ec2 = group.ec2_backend
    networks = {ec2.get_subnet(subnet_id).vpc_id for subnet_id in existing(ec2, subnet_ids)}
    if any(not networks <= networks_of(ec2, one) for one in ec2._security_groups(params)):
        raise validation_error(
            "One or more security groups in the launch template are not linked to the VPCs configured in the "
            "Auto Scaling group"
        )


def check_public_address(group: "Group", subnet_ids: list[str]) -> None:
    """Refuse a template that states public addresses, for a group that has zones and no subnets.

    Sources: AWS's answers in issues 7835 of hashicorp/terraform-provider-aws and 34794 of ansible/ansible.
    """
    params, _ = group.own_launch_parameters()
    if not subnet_ids and any(
        "AssociatePublicIpAddress" in one for one in params.get("NetworkInterfaces", [])
    ):
        raise validation_error("AssociatePublicIpAddress field can not be specified without a subnet id")


def check_topic(topic: str, region: str, account: str) -> None:
    """Refuse a topic that Auto Scaling cannot publish to."""
    if topic.split(":")[3:5] != [region, account] or topic.endswith(".fifo"):
        raise validation_error(f"Unable to publish to the notification target {topic}")
