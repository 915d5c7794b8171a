"""The calls on instance refreshes, which moto lacks.

Times and progress are not shown. The strategy ReplaceRootVolume keeps the instances, and their volumes too.

Sources: StartInstanceRefresh, DescribeInstanceRefreshes, CancelInstanceRefresh and RollbackInstanceRefresh in
the API Reference.
"""

from collections.abc import Callable
from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from ec2world.autoscaling import refresh_preferences, refresh_process
from ec2world.autoscaling.refresh_states import CANCELLING_SECONDS, InstanceRefresh
from ec2world.wire.errors import AWSError

REVERSIBLE = ("Pending", "InProgress", "Baking")
CANCELLABLE = (*REVERSIBLE, "RollbackInProgress")
ACTIVE = (*CANCELLABLE, "Cancelling")


class InstanceRefreshCalls(AutoScalingResponse):  # type: ignore[misc]
    """Start, describe, cancel and roll back the instance refreshes of a group."""

    _page: Callable[[str, list[Any]], ActionResult]

    def start_instance_refresh(self) -> ActionResult:
        """Start one; InstanceRefreshInProgress while another has not ended."""
        group = self.autoscaling_backend.group(self._get_param("AutoScalingGroupName"))
        refresh_preferences.check(group, self.params)
        if group.instance_refreshes and group.instance_refreshes[-1].status in ACTIVE:
            raise AWSError(
                "InstanceRefreshInProgress",
                "An Instance Refresh is already in progress and blocks the execution of this Instance "
                "Refresh.",
            )
        clock = group.scene.clock
        preferences = refresh_preferences.with_defaults(group, self._get_param("Preferences", {}))
        keeps_instances = self._get_param("Strategy") == "ReplaceRootVolume"
        members = [] if keeps_instances else [one for one in group.instance_states if not one.is_leaving]
        refresh = InstanceRefresh(
            clock,
            {**self.params, "Preferences": preferences},
            began=clock.now(),
            left=tuple(one.instance_id for one in members),
            progressed=clock.now(),
            fault=group.scene.failure,
        )
        group.instance_refreshes.append(refresh)
        refresh_process.begin(group, refresh)
        return ActionResult({"InstanceRefreshId": refresh.instance_refresh_id})

    def describe_instance_refreshes(self) -> ActionResult:
        """Refreshes of a group, the newest first, in pages of 50."""
        group = self.autoscaling_backend.group(self._get_param("AutoScalingGroupName"))
        ids = self._get_param("InstanceRefreshIds", [])
        wanted = [one for one in group.instance_refreshes if not ids or one.instance_refresh_id in ids]
        return self._page("InstanceRefreshes", [one.shown() for one in wanted[::-1]])

    def cancel_instance_refresh(self) -> ActionResult:
        """Cancel the refresh or the roll-back that is under way, at once where it is not to wait."""
        group, refresh = self._under_way(CANCELLABLE)
        waits = self._get_param("WaitForTransitioningInstances", True)
        seconds = CANCELLING_SECONDS if waits else 0
        refresh_process.update(group, refresh, cancelled=group.scene.clock.now(), cancelling_seconds=seconds)
        return ActionResult({"InstanceRefreshId": refresh.instance_refresh_id})

    def rollback_instance_refresh(self) -> ActionResult:
        """Roll back the refresh that is under way; IrreversibleInstanceRefresh where nothing says to what."""
        group, refresh = self._under_way(REVERSIBLE)
        if refresh_preferences.cannot_be_rolled_back(group, refresh.desired):
            raise AWSError(
                "IrreversibleInstanceRefresh",
                "The refresh has no desired configuration, or a template has a moving version or image.",
            )
        refresh_process.update(
            group, refresh, rolled_back=group.scene.clock.now(), rollback_fault=group.scene.failure
        )
        refresh_process.roll_back(group)
        return ActionResult({"InstanceRefreshId": refresh.instance_refresh_id})

    def _under_way(self, statuses: tuple[str, ...]) -> tuple[Any, InstanceRefresh]:
        """The group and its latest refresh; ActiveInstanceRefreshNotFound unless it is in such a status."""
        group = self.autoscaling_backend.group(self._get_param("AutoScalingGroupName"))
        refreshes = group.instance_refreshes
        if not refreshes or refreshes[-1].status not in statuses:
            raise AWSError(
                "ActiveInstanceRefreshNotFound",
                f"No in progress or pending Instance Refresh found for Auto Scaling group {group.name}",
            )
        return group, refreshes[-1]
