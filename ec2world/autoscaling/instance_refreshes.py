"""The calls on instance refreshes, which moto lacks.

The strategy ReplaceRootVolume keeps the instances, and their volumes too.

Sources: StartInstanceRefresh, DescribeInstanceRefreshes, CancelInstanceRefresh and RollbackInstanceRefresh in
the API Reference; the words of refusals from the integration tests of the collection amazon.aws.
"""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from ec2world.autoscaling import refresh_preferences, refresh_process
from ec2world.autoscaling.errors import validation_error
from ec2world.autoscaling.refresh_progress import progress
from ec2world.autoscaling.refresh_states import CANCELLABLE, REVERSIBLE, InstanceRefresh
from ec2world.wire.errors import AWSError


class InstanceRefreshCalls(AutoScalingResponse):  # type: ignore[misc]
    """Start, describe, cancel and roll back the instance refreshes of a group."""

    _page: Callable[[str, list[Any]], ActionResult]

    def start_instance_refresh(self) -> ActionResult:
        """Start one; InstanceRefreshInProgress while another has not ended."""
        group = self.autoscaling_backend.group(self._get_param("AutoScalingGroupName"))
        refresh_preferences.check(group, self.params)
        if group.refresh is not None:
            raise AWSError(
                "InstanceRefreshInProgress",
                "An Instance Refresh is already in progress and blocks the execution of this Instance "
                "Refresh.",
            )
        preferences = refresh_preferences.with_defaults(group, self._get_param("Preferences", {}))
        refresh = InstanceRefresh(
            {**deepcopy(self.params), "Preferences": preferences},
            earlier=frozenset(one.instance_id for one in group.instance_states),
            fault=group.scene.failure,
        )
        group.instance_refreshes.append(refresh)
        refresh_process.begin(group, refresh)
        return ActionResult({"InstanceRefreshId": refresh.instance_refresh_id})

    def describe_instance_refreshes(self) -> ActionResult:
        """Refreshes of a group, the newest first, in pages of 50."""
        name = self._get_param("AutoScalingGroupName")
        if name not in self.autoscaling_backend.autoscaling_groups:
            raise validation_error(f"AutoScalingGroup name not found - AutoScalingGroup {name} not found")
        group = self.autoscaling_backend.group(name)
        ids = self._get_param("InstanceRefreshIds", [])
        wanted = [one for one in group.instance_refreshes if not ids or one.instance_refresh_id in ids]
        shown = [one.shown(progress(group, one)) for one in wanted[::-1]]
        return self._page("InstanceRefreshes", shown)

    def cancel_instance_refresh(self) -> ActionResult:
        """Cancel the refresh or the roll-back that is under way, at once where it is not to wait."""
        group, refresh = self._under_way(CANCELLABLE)
        waits = bool(self._get_param("WaitForTransitioningInstances", True))
        refresh_process.cancel(group, refresh, waits=waits)
        return ActionResult({"InstanceRefreshId": refresh.instance_refresh_id})

    def rollback_instance_refresh(self) -> ActionResult:
        """Roll back the refresh that is under way; IrreversibleInstanceRefresh where nothing says to what."""
        group, refresh = self._under_way(REVERSIBLE)
        if refresh_preferences.cannot_be_rolled_back(group, refresh.desired):
            raise AWSError(
                "IrreversibleInstanceRefresh",
                "The refresh has no desired configuration, or a template has a moving version or image.",
            )
        fault = group.scene.failure
        refresh_process.roll_back(group, refresh, "Rollback was requested by a user.", fault)
        return ActionResult({"InstanceRefreshId": refresh.instance_refresh_id})

    def _under_way(self, statuses: tuple[str, ...]) -> tuple[Any, InstanceRefresh]:
        """The group and its latest refresh; ActiveInstanceRefreshNotFound unless it is in such a status."""
        group = self.autoscaling_backend.group(self._get_param("AutoScalingGroupName"))
        refresh = group.refresh
        if refresh is None or refresh.status not in statuses:
            raise AWSError(
                "ActiveInstanceRefreshNotFound",
                "No in progress, baking, pending, or cancelling Instance Refresh found for Auto Scaling "
                f"group {group.name}",
            )
        return group, refresh
