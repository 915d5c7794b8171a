"""Instance refreshes, which moto lacks: a status that goes its way in virtual time, and nothing else.

No instance is replaced and no desired configuration taken over; times and progress are not shown. What a
start was given is kept and shown as given, without AWS's defaults for the preferences.

Sources: StartInstanceRefresh, DescribeInstanceRefreshes and CancelInstanceRefresh in the API Reference.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from ec2world.virtual_time.clock import Clock
from ec2world.wire.errors import AWSError

# Virtual seconds from the start, and from the cancellation; at AWS all but the first grow with the group.
PENDING_SECONDS, REFRESH_SECONDS, CANCELLING_SECONDS = 5, 600, 60
CANCELLABLE = ("Pending", "InProgress")
ACTIVE = (*CANCELLABLE, "Cancelling")


@dataclass(frozen=True)
class InstanceRefresh:
    """One refresh: `given` are the parameters of its start, `began` and `cancelled` virtual times.

    It never changes but is replaced in its group's list, so that a stale read can show the one before.
    """

    clock: Clock
    given: dict[str, Any]
    began: float
    cancelled: float | None = None
    instance_refresh_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def status(self) -> str:
        """Pending, InProgress, Successful, Cancelling or Cancelled, by the time that has passed."""
        now = self.clock.now()
        if self.cancelled is not None:
            return "Cancelling" if now - self.cancelled < CANCELLING_SECONDS else "Cancelled"
        if now - self.began < PENDING_SECONDS:
            return "Pending"
        return "InProgress" if now - self.began < REFRESH_SECONDS else "Successful"

    def shown(self) -> dict[str, Any]:
        """The refresh as DescribeInstanceRefreshes shows it."""
        own = {"InstanceRefreshId": self.instance_refresh_id, "Status": self.status}
        return {"Strategy": "Rolling", **self.given, **own}


class InstanceRefreshCalls(AutoScalingResponse):  # type: ignore[misc]
    """Start, describe and cancel the instance refreshes of a group."""

    _page: Callable[[str, list[Any]], ActionResult]

    def start_instance_refresh(self) -> ActionResult:
        """Start one; InstanceRefreshInProgress while another has not ended."""
        group = self.autoscaling_backend.group(self._get_param("AutoScalingGroupName"))
        if group.instance_refreshes and group.instance_refreshes[-1].status in ACTIVE:
            raise AWSError(
                "InstanceRefreshInProgress",
                "An Instance Refresh is already in progress and blocks the execution of this Instance "
                "Refresh.",
            )
        clock = group.scene.clock
        refresh = InstanceRefresh(clock, self.params, clock.now())
        group.instance_refreshes.append(refresh)
        return ActionResult({"InstanceRefreshId": refresh.instance_refresh_id})

    def describe_instance_refreshes(self) -> ActionResult:
        """Refreshes of a group, the newest first, in pages of 50."""
        group = self.autoscaling_backend.group(self._get_param("AutoScalingGroupName"))
        ids = self._get_param("InstanceRefreshIds", [])
        wanted = [one for one in group.instance_refreshes if not ids or one.instance_refresh_id in ids]
        return self._page("InstanceRefreshes", [one.shown() for one in wanted[::-1]])

    def cancel_instance_refresh(self) -> ActionResult:
        """Cancel the one that is pending or in progress; ActiveInstanceRefreshNotFound where none is."""
        group = self.autoscaling_backend.group(self._get_param("AutoScalingGroupName"))
        refreshes = group.instance_refreshes
        if not refreshes or refreshes[-1].status not in CANCELLABLE:
            raise AWSError(
                "ActiveInstanceRefreshNotFound",
                f"No in progress or pending Instance Refresh found for Auto Scaling group {group.name}",
            )
        refreshes[-1] = replace(refreshes[-1], cancelled=group.scene.clock.now())
        return ActionResult({"InstanceRefreshId": refreshes[-1].instance_refresh_id})
