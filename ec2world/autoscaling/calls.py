"""The Auto Scaling calls that differ from moto's: groups, members and activities."""

from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from ec2world.autoscaling.errors import validation_error
from ec2world.autoscaling.groups import Group
from ec2world.autoscaling.instance_refreshes import InstanceRefreshCalls
from ec2world.autoscaling.members import Member
from ec2world.autoscaling.settings import GroupSettingCalls
from ec2world.wire.answers import XmlAnswer
from ec2world.wire.pages import page
from ec2world.wire.responses import WorldResponse

PAGE = 50


class GroupCalls(AutoScalingResponse):  # type: ignore[misc]
    """Create, change, describe and delete groups, and move their members."""

    def _group(self) -> Group:
        found: Group = self.autoscaling_backend.group(self._get_param("AutoScalingGroupName"))
        return found

    def _page(self, key: str, items: list[Any]) -> ActionResult:
        size = int(self._get_param("MaxRecords", PAGE))
        if not 1 <= size <= 100:
            raise validation_error(f"The maximum number of records is 100, not {size}")
        found, token = page(items, self._get_param("NextToken"), size)
        return ActionResult({key: found, "NextToken": token})

    def create_auto_scaling_group(self) -> ActionResult:
        """Create."""
        self.autoscaling_backend.create_auto_scaling_group(self.params)
        return EmptyResult()

    def update_auto_scaling_group(self) -> ActionResult:
        """Change."""
        self.autoscaling_backend.update_auto_scaling_group(self.params)
        return EmptyResult()

    def delete_auto_scaling_group(self) -> ActionResult:
        """Delete."""
        name, force = self._get_param("AutoScalingGroupName"), bool(self._get_param("ForceDelete"))
        self.autoscaling_backend.delete_group(name, force=force)
        return EmptyResult()

    def describe_auto_scaling_groups(self) -> ActionResult:
        """Groups, in pages of 50."""
        groups = self.autoscaling_backend.describe_auto_scaling_groups(
            self._get_param("AutoScalingGroupNames", []), filters=self._get_param("Filters", [])
        )
        return self._page("AutoScalingGroups", groups)

    def describe_auto_scaling_instances(self) -> ActionResult:
        """Members of all groups, in pages of 50."""
        members = self.autoscaling_backend.describe_auto_scaling_instances(self._get_param("InstanceIds", []))
        return self._page("AutoScalingInstances", members)

    def describe_scaling_activities(self) -> ActionResult:
        """Activities, the newest first."""
        backend, name = self.autoscaling_backend, self._get_param("AutoScalingGroupName")
        groups = [self._group()] if name and name in backend.autoscaling_groups else []
        groups = groups if name else list(backend.autoscaling_groups.values())
        activities = [one for group in groups for one in group.activities]
        if self._get_param("IncludeDeletedGroups"):
            gone = backend.activities_of_the_deleted
            activities = [one for one in gone if not name or one.auto_scaling_group_name == name] + activities
        elif name and not groups:
            raise validation_error("AutoScalingGroup name not found - null")
        ids = self._get_param("ActivityIds", [])
        wanted = [one for one in activities if not ids or one.activity_id in ids]
        return self._page("Activities", wanted[::-1])

    def set_desired_capacity(self) -> ActionResult:
        """Want so many instances."""
        self.autoscaling_backend.set_desired_capacity(
            self._get_param("AutoScalingGroupName"), int(self._get_param("DesiredCapacity"))
        )
        return EmptyResult()

    def suspend_processes(self) -> ActionResult:
        """Suspend some or all processes."""
        self._group()
        return super().suspend_processes()

    def resume_processes(self) -> ActionResult:
        """Resume some or all processes, and catch up."""
        group = self._group()
        super().resume_processes()
        group.reconcile()
        return EmptyResult()

    def set_instance_protection(self) -> ActionResult:
        """Protect members from scale-in, or no longer."""
        group = self._group()
        for instance_id in self._get_param("InstanceIds", []):
            group.member(instance_id).protected_from_scale_in = bool(self._get_param("ProtectedFromScaleIn"))
        group.reconcile()
        return EmptyResult()

    def attach_instances(self) -> ActionResult:
        """Take instances in."""
        self.autoscaling_backend.attach_instances(
            self._get_param("AutoScalingGroupName"), self._get_param("InstanceIds", [])
        )
        return EmptyResult()

    def detach_instances(self) -> ActionResult:
        """Let instances go their own way."""
        group = self._group()
        decrement = bool(self._get_param("ShouldDecrementDesiredCapacity"))
        members = [group.member(one) for one in self._get_param("InstanceIds", [])]
        self._check_decrement(group, len(members) if decrement else 0)
        activities = []
        for member in members:
            self.autoscaling_backend.take_out(group, member)
            activities.append(self._done(group, f"Detaching EC2 instance: {member.instance_id}"))
        return self._resized(group, -len(members) if decrement else 0, {"Activities": activities})

    def enter_standby(self) -> ActionResult:
        """Put members aside."""
        group = self._group()
        decrement = bool(self._get_param("ShouldDecrementDesiredCapacity"))
        members = [group.member(one) for one in self._get_param("InstanceIds", [])]
        self._check_decrement(group, len(members) if decrement else 0)
        activities = []
        for member in members:
            if member.lifecycle_state != "InService":
                raise validation_error(f"The instance {member.instance_id} is not in InService.")
            member.lifecycle_state = "Standby"
            member.deregister(group.target_group_arns)
            activities.append(self._done(group, f"Moving EC2 instance to Standby: {member.instance_id}"))
        return self._resized(group, -len(members) if decrement else 0, {"Activities": activities})

    def exit_standby(self) -> ActionResult:
        """Put members back into service."""
        group = self._group()
        members = [group.member(one) for one in self._get_param("InstanceIds", [])]
        activities = []
        for member in members:
            if member.lifecycle_state != "Standby":
                raise validation_error(f"The instance {member.instance_id} is not in Standby.")
            member.lifecycle_state = "InService"
            member.register(group.target_group_arns)
            activities.append(self._done(group, f"Moving EC2 instance out of Standby: {member.instance_id}"))
        return self._resized(group, len(members), {"Activities": activities})

    def terminate_instance_in_auto_scaling_group(self) -> ActionResult:
        """End one member, or several of a group that is named."""
        several = self._get_param("InstanceIds", [])
        ids = several or [self._get_param("InstanceId")]
        members = [self._group().member(one) if several else self._member_anywhere(one) for one in ids]
        group = members[0].group
        gone = len(members) if self._get_param("ShouldDecrementDesiredCapacity") else 0
        self._check_decrement(group, gone)
        for member in members:
            if not member.is_leaving:
                member.leave("a user request")
        activities = [member.activity for member in members]
        answer = {"Activities": activities} if several else {"Activity": activities[0]}
        return self._resized(group, -gone, answer)

    def set_instance_health(self) -> ActionResult:
        """Say how a member is; one in its grace period stays healthy, unless that is not to be respected."""
        member = self._member_anywhere(self._get_param("InstanceId"))
        if not (member.in_grace_period and self._get_param("ShouldRespectGracePeriod", True)):
            member.health_status = self._get_param("HealthStatus")
            member.group.reconcile()
        return EmptyResult()

    def complete_lifecycle_action(self) -> ActionResult:
        """End the wait of a lifecycle hook."""
        member = self._group().member(self._get_param("InstanceId"))
        if member.waiting_for != self._get_param("LifecycleHookName"):
            raise validation_error("No active Lifecycle Action found with instance ID " + member.instance_id)
        member.complete_wait(self._get_param("LifecycleActionResult", "CONTINUE"))
        return EmptyResult()

    def _member_anywhere(self, instance_id: str) -> Member:
        for group in self.autoscaling_backend.autoscaling_groups.values():
            for member in group.instance_states:
                if member.instance_id == instance_id:
                    return member  # type: ignore[no-any-return]
        raise validation_error(f"Instance Id not found - No managed instance found for {instance_id}")

    @staticmethod
    def _check_decrement(group: Group, by: int) -> None:
        if group.desired_capacity - by < group.min_size:
            raise validation_error(
                f"AutoScalingGroup {group.name} has min-size={group.min_size} and desired-size="
                f"{group.desired_capacity}. To take out {by} instance(s), please update the AutoScalingGroup "
                "sizes appropriately."
            )

    @staticmethod
    def _resized(group: Group, by: int, answer: dict[str, Any]) -> ActionResult:
        group.set_desired_capacity(group.desired_capacity + by)
        return ActionResult(answer)

    @staticmethod
    def _done(group: Group, description: str) -> Any:
        activity = group.note(description, f"At {group.moment()} in response to a user request.")
        activity.end()
        return activity


class WorldAutoScalingResponse(
    GroupCalls,
    GroupSettingCalls,
    InstanceRefreshCalls,
    WorldResponse,
    AutoScalingResponse,  # type: ignore[misc]
):
    """All of Auto Scaling."""

    writer = XmlAnswer("query", AutoScalingResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER)
