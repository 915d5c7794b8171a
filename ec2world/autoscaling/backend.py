"""moto's Auto Scaling backend with groups that take their time."""

from typing import TYPE_CHECKING, Any

from moto.autoscaling.models import (
    ASG_NAME_TAG,
    AutoScalingBackend,
    FakeLaunchConfiguration,
    LifecycleHook,
)
from moto.core.exceptions import ServiceException

from ec2world.autoscaling.errors import validation_error
from ec2world.autoscaling.groups import Group
from ec2world.autoscaling.launch_sources import WAYS, LaunchSources, as_validation_error
from ec2world.autoscaling.members import Member
from ec2world.autoscaling.network import check_subnets
from ec2world.autoscaling.scheduled_actions import ScheduledActions
from ec2world.autoscaling.subnets import listed
from ec2world.autoscaling.timeline import Timeline
from ec2world.wire.errors import AWSError

if TYPE_CHECKING:
    from ec2world.autoscaling.activities import ScalingActivity
    from ec2world.virtual_time.scene import Scene


class WorldAutoScaling(LaunchSources, ScheduledActions):
    """One region's Auto Scaling."""

    def __init__(self, scene: "Scene", region_name: str, account_id: str) -> None:
        self.scene = scene
        self.notification_configurations: dict[tuple[str, str, str], dict[str, str]] = {}
        self.activities_of_the_deleted: list[ScalingActivity] = []
        self.timeline = Timeline()
        AutoScalingBackend.__init__(self, region_name, account_id)

    def reset(self) -> None:
        """Nothing: a reset world makes new backends."""

    def group(self, name: str) -> Group:
        """The group of that name; ValidationError where there is none."""
        if name not in self.autoscaling_groups:
            raise validation_error("AutoScalingGroup name not found - null")
        found: Group = self.autoscaling_groups[name]
        return found

    def has(self, group: Group) -> bool:
        """Whether a group is still there."""
        return self.autoscaling_groups.get(group.name) is group

    def create_auto_scaling_group(self, params: dict[str, Any]) -> Group:
        """A group as CreateAutoScalingGroup describes it."""
        params = _with_plain_subnets(params)
        name = params["AutoScalingGroupName"]
        if name in self.autoscaling_groups:
            how = "is pending delete" if self.autoscaling_groups[name].status else "already exists"
            raise AWSError(
                "AlreadyExists",
                f"AutoScalingGroup by this name already exists - A group with the name {name} {how}",
            )
        ways = ("LaunchTemplate", "LaunchConfigurationName", "InstanceId", "MixedInstancesPolicy")
        if sum(1 for way in ways if params.get(way)) != 1:
            raise validation_error(
                "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or "
                "MixedInstancesPolicy parameter."
            )
        if instance_id := params.get("InstanceId"):
            instance = self.ec2_backend.get_instance_by_id(instance_id)
            if instance is None:
                raise validation_error(f"Instance [{instance_id}] is invalid.")
            configuration = FakeLaunchConfiguration.create_from_instance(name, instance, self)
            configuration.security_groups = [one.id for one in instance.security_groups]
            params = {**params, "LaunchConfigurationName": name}
        _check_sizes(params["MinSize"], params["MaxSize"], params.get("DesiredCapacity"))
        subnets = listed(params.get("VPCZoneIdentifier"))
        check_subnets(self.ec2_backend, subnets)
        self.check_target_groups(params.get("TargetGroupARNs", []))
        try:
            group = Group(self, self.scene, params)
        except ServiceException as error:
            raise as_validation_error(error) from error
        self.check_template(group, subnets)
        group.launch_failure = self.scene.failure
        self.autoscaling_groups[name] = group
        for hook in params.get("LifecycleHookSpecificationList", []):
            self.put_hook({**hook, "AutoScalingGroupName": name})
        group.count_members()
        group.reconcile()
        return group

    def update_auto_scaling_group(self, params: dict[str, Any]) -> Group:
        """Change a group; a limit that is moved past the desired capacity moves that along."""
        params = _with_plain_subnets(params)
        group = self.group(params["AutoScalingGroupName"])
        if group.status is not None:
            raise AWSError("ScalingActivityInProgress", f"AutoScalingGroup {group.name} is pending delete")
        low = params.get("MinSize", group.min_size)
        high = params.get("MaxSize", group.max_size)
        _check_sizes(low, high, params.get("DesiredCapacity"))
        check_subnets(self.ec2_backend, listed(params.get("VPCZoneIdentifier")))
        _check_desired_configuration(group, params)
        self.change_template(group, params)
        if params.get("VPCZoneIdentifier") or params.get("AvailabilityZones"):
            group._set_azs_and_vpcs(
                params.get("AvailabilityZones", []), params.get("VPCZoneIdentifier"), update=True
            )
        group.keep(params)
        group.min_size, group.max_size = low, high
        group.launch_failure = self.scene.failure
        wanted = params.get("DesiredCapacity", group.desired_capacity)
        group.set_desired_capacity(min(max(wanted, low), high))
        return group

    def check_target_groups(self, arns: list[str]) -> None:
        """The target groups have to exist, in this account and Region, and take instances."""
        found = [self.elbv2_backend.target_groups.get(arn) for arn in arns]
        if any(one is None or one.target_type != "instance" for one in found):
            raise validation_error(
                "Provided Target Groups may not be valid. Please ensure they exist and try again."
            )

    def delete_group(self, name: str, *, force: bool) -> None:
        """Delete a group; only with `force` one that has instances, and none that is protected from it."""
        group = self.group(name)
        protection = getattr(group, "deletion_protection", None)
        if protection == "prevent-all-deletion" or (force and protection == "prevent-force-deletion"):
            raise validation_error(
                f"The AutoScalingGroup {name} has deletion protection {protection}: it cannot be deleted."
            )
        if not force and any(not one.is_leaving for one in group.instance_states):
            raise AWSError(
                "ResourceInUse",
                "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance "
                "request(s) still in the group.",
            )
        if not force and group.instance_states:
            raise AWSError(
                "ScalingActivityInProgress",
                "You cannot delete an AutoScalingGroup while there are scaling activities in progress for "
                "that group.",
            )
        group.delete()

    def forget_group(self, group: Group) -> None:
        """Drop a group and what belongs to it."""
        self.autoscaling_groups.pop(group.name, None)
        self.forget_scheduled_actions(group.name)
        for key in [key for key, one in self.policies.items() if one.auto_scaling_group_name == group.name]:
            del self.policies[key]
        for hook in self.describe_lifecycle_hooks(group.name):
            self.delete_lifecycle_hook(group.name, hook.name)
        for key in [key for key in self.notification_configurations if key[0] == group.name]:
            del self.notification_configurations[key]
        for activity in group.activities:
            activity.auto_scaling_group_state = "Deleted"
        self.activities_of_the_deleted += group.activities

    def set_desired_capacity(self, group_name: str, desired_capacity: int) -> None:
        """SetDesiredCapacity, within the group's limits."""
        group = self.group(group_name)
        new = f"New SetDesiredCapacity value {desired_capacity} is"
        if desired_capacity > group.max_size:
            raise validation_error(f"{new} above max value {group.max_size} for the AutoScalingGroup.")
        if desired_capacity < group.min_size:
            raise validation_error(f"{new} below min value {group.min_size} for the AutoScalingGroup.")
        if self.scene.failure is not None:
            group.launch_failure = self.scene.failure
        group.set_desired_capacity(desired_capacity)

    def attach_instances(self, group_name: str, instance_ids: list[str]) -> None:
        """Take running instances in, raising the desired capacity by as many."""
        group = self.group(group_name)
        if group.desired_capacity + len(instance_ids) > group.max_size:
            raise validation_error(
                f"Exceeding the max group size {group.max_size} of AutoScalingGroup {group_name}."
            )
        for instance in self.ec2_backend.get_multi_instances_by_id(instance_ids):
            instance.add_tags({ASG_NAME_TAG: group_name})
            member = Member(group, instance, "InService", None)
            member.register(group.target_group_arns)
            group.instance_states.append(member)
            group.count_members()
        group.desired_capacity += len(instance_ids)
        group.reconcile()

    def take_out(self, group: Group, member: Member) -> None:
        """Detach a member: it lives on without the group."""
        group.instance_states.remove(member)
        group.count_members()
        member.instance.state_hook = None
        self.ec2_backend.delete_tag_keys([member.instance_id], [ASG_NAME_TAG])

    def put_hook(self, params: dict[str, Any]) -> LifecycleHook:
        """A lifecycle hook, with what moto drops."""
        group = self.group(params["AutoScalingGroupName"])
        hook = self.create_lifecycle_hook(
            params["LifecycleHookName"],
            group.name,
            params.get("LifecycleTransition"),
            params.get("HeartbeatTimeout"),
            params.get("DefaultResult"),
        )
        hook.role_arn, hook.notification_target_arn = (
            params.get("RoleARN"),
            params.get("NotificationTargetARN"),
        )
        hook.notification_metadata = params.get("NotificationMetadata")
        return hook


def _with_plain_subnets(params: dict[str, Any]) -> dict[str, Any]:
    """Parameters whose subnets may have been separated by a comma and a space."""
    if "VPCZoneIdentifier" not in params:
        return params
    return {**params, "VPCZoneIdentifier": ",".join(listed(params["VPCZoneIdentifier"]))}


def _check_desired_configuration(group: Group, params: dict[str, Any]) -> None:
    """Refuse what a refresh that is under way is to give the group at its end.

    Source: "Update restriction" among the limitations of instance refreshes in the Auto Scaling User Guide.
    """
    if group.refresh is not None and group.refresh.desired and any(params.get(way) for way in WAYS):
        raise validation_error(
            "An active instance refresh with a desired configuration exists. All configuration options "
            "derived from the desired configuration are not available for update while the instance refresh "
            "is active."
        )


def _check_sizes(low: int, high: int, desired: int | None) -> None:
    if low > high:
        raise validation_error("Max bound must be greater than or equal to min bound")
    if low < 0:
        raise validation_error("Min bound must be greater than or equal to 0")
    if desired is not None and not low <= desired <= high:
        raise validation_error(
            f"Desired capacity:{desired} must be between the specified min size:{low} and max size:{high}"
        )
