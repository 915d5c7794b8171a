"""What a group launches from: a template, a mixed instances policy or a launch configuration."""

from typing import Any

from moto.autoscaling.models import AutoScalingBackend
from moto.core.exceptions import ServiceException

from ec2world.autoscaling.desired_configuration import LAUNCHES_FROM
from ec2world.autoscaling.errors import validation_error
from ec2world.autoscaling.groups import Group
from ec2world.autoscaling.network import check_public_address, check_security_groups
from ec2world.autoscaling.subnets import listed
from ec2world.wire.errors import AWSError

# The parameters of an update that say what a group launches from.
WAYS = ("LaunchTemplate", "LaunchConfigurationName", "MixedInstancesPolicy")


class LaunchSources(AutoScalingBackend):  # type: ignore[misc]
    """The part of the Auto Scaling backend that changes what groups launch from."""

    def change_template(self, group: Group, params: dict[str, Any]) -> None:
        """Launch from something else from now on; what was there before goes, for a group has one of them."""
        subnets = listed(params.get("VPCZoneIdentifier", group.vpc_zone_identifier))
        if not any(params.get(way) for way in WAYS):
            return
        name = params.get("LaunchConfigurationName", "")
        if name and name not in self.launch_configurations:
            raise validation_error(f"Launch configuration name not found - {name} does not exist")
        before = {field: getattr(group, field, None) for field in LAUNCHES_FROM}
        try:
            for field in LAUNCHES_FROM:
                setattr(group, field, None)
            group.mixed_instances_policy = params.get("MixedInstancesPolicy")
            group._set_launch_configuration(
                name, params.get("LaunchTemplate", {}), params.get("MixedInstancesPolicy")
            )
            if not name:
                self.check_template(group, subnets)
        except ServiceException as error:
            for field, value in before.items():
                setattr(group, field, value)
            raise as_validation_error(error) from error

    def check_template(self, group: Group, subnets: list[str]) -> None:
        """The checks of AWS in a dry run of a launch, and that of the security groups' network."""
        try:
            params, _ = group.own_launch_parameters()
            self.ec2_backend.check_launch(params)
            check_security_groups(group, subnets)
            check_public_address(group, subnets)
        except ServiceException as error:
            raise as_validation_error(error) from error


def as_validation_error(error: ServiceException) -> AWSError:
    """What Auto Scaling makes of an error of EC2 about a template."""
    if error.code == "ValidationError":
        return AWSError(error.code, error.message)
    return validation_error(f"You must use a valid fully-formed launch template. {error.message}")
