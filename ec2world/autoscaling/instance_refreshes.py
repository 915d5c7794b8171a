"""Instance refreshes, which moto lacks: a status that goes its way in virtual time.

No instance is replaced; times and progress are not shown. A refresh that succeeds gives its desired
configuration to the group; one with a fault of effect `fail` fails or, with AutoRollback, rolls back.

Sources: StartInstanceRefresh, DescribeInstanceRefreshes, CancelInstanceRefresh and RollbackInstanceRefresh in
the API Reference.
"""

import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from ec2world.autoscaling import refresh_preferences
from ec2world.virtual_time.clock import Clock
from ec2world.wire.errors import AWSError

# Virtual seconds from the start, the cancellation and the roll-back; at AWS most of them grow with the group.
PENDING_SECONDS, REFRESH_SECONDS, CANCELLING_SECONDS, ROLLBACK_SECONDS = 5, 600, 60, 300
REVERSIBLE = ("Pending", "InProgress", "Baking")
CANCELLABLE = (*REVERSIBLE, "RollbackInProgress")
ACTIVE = (*CANCELLABLE, "Cancelling")


@dataclass(frozen=True)
class InstanceRefresh:
    """One refresh: `given` are the parameters of its start; `began`, `cancelled`, `rolled_back` are times.

    `failure` is why it will fail, `rollback_failure` why its roll-back will. It never changes but is replaced
    in its group's list, so that a stale read can show the one before.
    """

    clock: Clock
    given: dict[str, Any]
    began: float
    failure: str | None = None
    cancelled: float | None = None
    cancelling_seconds: float = CANCELLING_SECONDS
    rolled_back: float | None = None
    rollback_failure: str | None = None
    instance_refresh_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def bake_seconds(self) -> int:
        """How long it bakes at its end."""
        return int(self.given["Preferences"].get("BakeTime", 0))

    @property
    def status(self) -> str:
        """The status by the time that has passed."""
        now = self.clock.now()
        if self.cancelled is not None:
            return "Cancelling" if now - self.cancelled < self.cancelling_seconds else "Cancelled"
        if self.rolled_back is not None:
            return self._of_rollback(now - self.rolled_back)
        elapsed = now - self.began
        if elapsed < REFRESH_SECONDS:
            return "Pending" if elapsed < PENDING_SECONDS else "InProgress"
        if self.failure is not None:
            if self.given["Preferences"]["AutoRollback"]:
                return self._of_rollback(elapsed - REFRESH_SECONDS)
            return "Failed"
        return "Baking" if elapsed < REFRESH_SECONDS + self.bake_seconds else "Successful"

    def _of_rollback(self, elapsed: float) -> str:
        if elapsed < ROLLBACK_SECONDS:
            return "RollbackInProgress"
        return "RollbackSuccessful" if self.rollback_failure is None else "RollbackFailed"

    def shown(self) -> dict[str, Any]:
        """The refresh as DescribeInstanceRefreshes shows it."""
        own = {"InstanceRefreshId": self.instance_refresh_id, "Status": self.status}
        reason = self.failure if own["Status"] == "Failed" else None
        return {"Strategy": "Rolling", **self.given, **own, "StatusReason": reason}


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
        given = {**self.params, "Preferences": preferences}
        refresh = InstanceRefresh(clock, given, clock.now(), group.scene.failure)
        group.instance_refreshes.append(refresh)
        end = REFRESH_SECONDS + refresh.bake_seconds
        clock.after(end, partial(_take_over, group, refresh.instance_refresh_id))
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
        group.instance_refreshes[-1] = replace(
            refresh,
            cancelled=group.scene.clock.now(),
            cancelling_seconds=CANCELLING_SECONDS if waits else 0,
        )
        return ActionResult({"InstanceRefreshId": refresh.instance_refresh_id})

    def rollback_instance_refresh(self) -> ActionResult:
        """Roll back the refresh that is under way; IrreversibleInstanceRefresh where nothing says to what."""
        group, refresh = self._under_way(REVERSIBLE)
        if refresh_preferences.cannot_be_rolled_back(group, refresh.given.get("DesiredConfiguration")):
            raise AWSError(
                "IrreversibleInstanceRefresh",
                "The refresh has no desired configuration, or a template has a moving version or image.",
            )
        group.instance_refreshes[-1] = replace(
            refresh, rolled_back=group.scene.clock.now(), rollback_failure=group.scene.failure
        )
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


def _take_over(group: Any, refresh_id: str) -> None:
    """Give a group the desired configuration of a refresh that has succeeded."""
    refresh = next(one for one in group.instance_refreshes if one.instance_refresh_id == refresh_id)
    stopped = (refresh.cancelled, refresh.rolled_back, refresh.failure)
    desired = refresh.given.get("DesiredConfiguration")
    if desired and stopped == (None, None, None) and group.autoscaling_backend.has(group):
        with suppress(AWSError):  # its template may be gone
            group.autoscaling_backend.change_template(group, desired)
