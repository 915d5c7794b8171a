"""Warm pools: instances that a group keeps ready beside its members.

They are held and shown; scaling out does not take them, it launches.
Source: "Warm pools for Amazon EC2 Auto Scaling".
"""

from typing import TYPE_CHECKING, Any

from moto.autoscaling.models import FakeWarmPool, InstanceState
from moto.core.exceptions import ServiceException

if TYPE_CHECKING:
    from ec2world.autoscaling.launches import LaunchingGroup
    from ec2world.autoscaling.refresh_states import InstanceRefresh
    from ec2world.ec2.instances import TimedInstance


class WarmMember(InstanceState):  # type: ignore[misc]
    """One instance that is kept ready."""

    def __init__(self, pool: "WarmPool", instance: "TimedInstance", version: dict[str, Any] | None) -> None:
        instance.autoscaling_group = pool.group
        super().__init__(instance, lifecycle_state="Warmed:Pending", autoscaling_group=pool.group)
        self.pool = pool
        self.launched_from = version
        self.launched_in = pool.group.refresh.launch_mark if pool.group.refresh else None
        instance.state_hook = self.instance_is

    @property
    def launch_template(self) -> dict[str, Any] | None:
        """The template version that it was launched from."""
        return self.launched_from

    def instance_is(self, state: str) -> None:
        """Take notice of the instance's own state: run first, then be as the pool wants it."""
        if state == "running" and self.pool.pool_state != "Running":
            self.instance.stop()
        elif state in ("running", "stopped"):
            self.lifecycle_state = f"Warmed:{state.capitalize()}"
        elif state == "shutting-down":
            self.lifecycle_state = "Warmed:Terminating"
        elif state == "terminated":
            self.pool.members.remove(self)


class WarmPool(FakeWarmPool):  # type: ignore[misc]
    """A group's warm pool."""

    def __init__(self, group: "LaunchingGroup", *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group = group
        self.members: list[WarmMember] = []

    @property
    def staying(self) -> list[WarmMember]:
        """The instances that are not on their way out."""
        return [one for one in self.members if one.lifecycle_state != "Warmed:Terminating"]

    def adjust(self) -> None:
        """Hold as many as the group could still grow by, and no fewer than the pool's own minimum."""
        prepared = self.max_group_prepared_capacity
        capacity = self.group.max_size if prepared in (None, -1) else prepared
        wanted = max(self.min_size, capacity - self.group.desired_capacity)
        staying = len(self.staying)
        if staying < wanted and not self.group.suspends("Launch"):
            self._grow_by(wanted - staying)
        elif staying > wanted and not self.group.suspends("Terminate"):
            self.shrink_to(wanted)

    def _grow_by(self, count: int) -> None:
        try:
            params, version = self.group.checked_launch_parameters()
        except ServiceException:
            return  # the group's own launches report the reason
        for _ in range(count):
            self.members.append(WarmMember(self, self.group.launch_instance(params), version))

    def shrink_to(self, count: int) -> None:
        """Terminate what is more than that."""
        for one in self.staying[count:]:
            one.instance.terminate()

    def to_replace(self, refresh: "InstanceRefresh") -> list[WarmMember]:
        """The instances that a refresh, or its roll-back, still has to replace."""
        mark, back = refresh.instance_refresh_id, refresh.rollback is not None
        return [one for one in self.staying if (one.launched_in == mark) == back]

    def replace_some(self, refresh: "InstanceRefresh") -> bool:
        """Replace as many as the least healthy percentage allows, one at least; whether all are replaced."""
        still = all(one.lifecycle_state in ("Warmed:Running", "Warmed:Stopped") for one in self.members)
        old = self.to_replace(refresh)
        if still and old:
            percent = 100 - int(refresh.preferences["MinHealthyPercentage"])
            for one in old[: max(1, len(self.staying) * percent // 100)]:
                one.instance.terminate()
            self.adjust()
        return still and not old
