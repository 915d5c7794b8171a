"""How many members an instance refresh may replace by now: the arithmetic of its percentages.

Sources: RefreshPreferences in the API Reference; "How an instance refresh works", "Add checkpoints" and
"Instance maintenance policies" in the Auto Scaling User Guide. That the least healthy is rounded up is AWS's
word; that the most is rounded down is an assumption.
"""

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any

from ec2world.autoscaling.desired_configuration import instance_types, largest_weight, launching_from
from ec2world.autoscaling.refresh_states import InstanceRefresh
from ec2world.autoscaling.target_health import is_healthy_target

# What is said of members that may not simply be replaced.
IGNORE, WAIT = "Ignore", "Wait"


@dataclass(frozen=True)
class Roll:
    """A group and its refresh, or the roll-back of that, at one moment."""

    group: Any
    refresh: InstanceRefresh
    percent: int

    @cached_property
    def scope(self) -> list[Any]:
        """The members that are not on their way out, and not to be ignored."""
        return [
            one
            for one in self.group.instance_states
            if not one.is_leaving and not (self._is_old(one) and self._said_of(one) == IGNORE)
        ]

    @cached_property
    def old(self) -> list[Any]:
        """Those to be replaced."""
        return [one for one in self.scope if self._is_old(one)]

    @cached_property
    def new(self) -> list[Any]:
        """Those that replace others, or that need no replacement."""
        return [one for one in self.scope if not self._is_old(one) and one.counts]

    @property
    def held(self) -> list[Any]:
        """Old ones that somebody has to release first."""
        return [one for one in self.old if self._said_of(one) == WAIT]

    @property
    def size(self) -> int:
        """How many members the refresh is about."""
        ignored = [one for one in self.group.instance_states if one.counts and one not in self.scope]
        return max(0, int(self.group.desired_capacity) - len(ignored))

    @property
    def updated(self) -> int:
        """How many members are new, healthy and warm."""
        return min(self.size, sum(self.is_ready(one) for one in self.new))

    def has_reached(self, percent: int) -> bool:
        """Whether so many percent are new, rounded up."""
        return self.updated >= ceil(self.size * percent / 100)

    @property
    def waited(self) -> frozenset[int]:
        """The checkpoints that were waited at; one that a scale-out undoes is reached again."""
        return frozenset(one for one in self.refresh.waited if self.has_reached(one))

    @property
    def to_replace(self) -> int:
        """How many old ones still have to go, on the way to the percentage."""
        return max(0, len(self.old) - self.may_stay)

    @property
    def may_stay(self) -> int:
        """How many old ones are left at the percentage, which is rounded up."""
        return self.size - ceil(self.size * self.percent / 100)

    @property
    def floor(self) -> int:
        """How many members have to be ready: none where one may weigh as much as the group is to have.

        AWS "might replace all InService instances at once" there (Limitations in "How an instance refresh
        works"), and so does this world.
        """
        size = int(self.group.desired_capacity)
        if 0 < size <= largest_weight(self.group):
            return 0
        least = ceil(size * int(self.refresh.preferences["MinHealthyPercentage"]) / 100)
        return least if self._explicit_most else min(least, max(0, size - 1))

    @property
    def surge(self) -> int:
        """How many members more than desired there are to be."""
        if not self._explicit_most:
            return 0
        size = int(self.group.desired_capacity)
        most = size * int(self.refresh.preferences["MaxHealthyPercentage"]) // 100
        if most <= size and self.floor >= size:
            most = size + 1  # nothing could be replaced otherwise
        replaceable = [one for one in self.old if one.counts and one not in self.held]
        return max(0, min(most - size, self.to_replace, len(replaceable)))

    def victims(self) -> list[Any]:
        """The old ones that may go now: those that are not ready first, then the oldest."""
        able = [one for one in self.old if one not in self.held]
        able.sort(key=lambda one: (self.is_ready(one), one.age()))
        everybody = [one for one in self.group.instance_states if one.counts]
        spare = sum(self.is_ready(one) for one in everybody) - self.floor
        chosen: list[Any] = []
        for one in able[: self.to_replace]:
            if self.is_ready(one):
                if spare <= 0:
                    break
                spare -= 1
            chosen.append(one)
        return chosen

    @property
    def is_done(self) -> bool:
        """Whether the percentage is reached, and everything that is left is in service and ready."""
        states = [one.lifecycle_state for one in self.group.instance_states]
        serving = [one for one in self.group.instance_states if one.counts]
        return (
            not self.to_replace
            and set(states) <= {"InService", "Standby"}
            and all(self.is_ready(one) for one in serving)
            and len(serving) >= int(self.group.desired_capacity)
        )

    def is_ready(self, member: Any) -> bool:
        """Whether a member is in service and healthy, and warm where this refresh launched it."""
        if not member.serves:
            return False
        if member.launched_in is None or not member.launched_in.startswith(self.refresh.instance_refresh_id):
            return True
        warm = member.in_service_since + int(self.refresh.preferences["InstanceWarmup"])
        return bool(self.group.scene.clock.now() >= warm) and is_healthy_target(member)

    def _is_old(self, member: Any) -> bool:
        if self.refresh.keeps_instances:
            return False
        refresh_id = self.refresh.instance_refresh_id
        if self.refresh.going_back:
            return bool(member.launched_in == refresh_id)
        if self.refresh.preferences["SkipMatching"]:
            return not self._matches(member)
        if member.instance_id in self.refresh.earlier:
            return True
        return (
            self.refresh.desired is not None
            and member.launched_in == refresh_id
            and member.launch_template != self._target[0]
        )

    def _matches(self, member: Any) -> bool:
        """Whether a member was launched from the target's template version, with one of its types."""
        version, types = self._target
        return member.launch_template == version and member.instance.instance_type in types

    @cached_property
    def _target(self) -> tuple[dict[str, Any] | None, set[str]]:
        """The template version that members are replaced by, and its instance types."""
        with launching_from(self.group, self.refresh.desired):
            params, version = self.group.own_launch_parameters()
            return version, instance_types(self.group) or {params.get("InstanceType")}

    def _said_of(self, member: Any) -> str | None:
        """What the preferences say about a member on standby or protected from scale-in."""
        if member.lifecycle_state == "Standby":
            return str(self.refresh.preferences["StandbyInstances"])
        if member.protected_from_scale_in:
            return str(self.refresh.preferences["ScaleInProtectedInstances"])
        return None

    @property
    def _explicit_most(self) -> bool:
        """Whether somebody has said how many there may be; else members go as others are launched."""
        return "MaxHealthyPercentage" in self.refresh.preferences
