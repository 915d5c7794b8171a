"""How many members each group had in each state, at every change: counted, not sampled.

A group notes its members whenever one of them, or the desired capacity, has changed, and whenever a refresh
begins or ends. What is noted outlives the group.
"""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Count:
    """The members of a group from a virtual time on; one in service is healthy too.

    `refresh` is the id of the instance refresh that was under way.
    """

    at: float
    desired: int
    in_service: int
    pending: int
    standby: int
    terminating: int
    refresh: str | None

    @classmethod
    def of(cls, group: Any) -> "Count":
        """The members of a group by now."""
        states = [one.lifecycle_state for one in group.instance_states]
        return cls(
            group.scene.clock.now(),
            group.desired_capacity,
            sum(one.serves for one in group.instance_states),
            sum(state.startswith("Pending") for state in states),
            states.count("Standby"),
            sum(state.startswith("Terminating") for state in states),
            group.refresh.instance_refresh_id if group.refresh else None,
        )

    def same_as(self, other: "Count") -> bool:
        """Whether nothing but the time differs."""
        return self.to_json() | {"at": 0} == other.to_json() | {"at": 0}

    def to_json(self) -> dict[str, Any]:
        """The count under the names of the control interface."""
        names = {"in_service": "inService"}
        return {names.get(name, name): value for name, value in asdict(self).items()}


class Timeline:
    """The counts of all groups, by name."""

    def __init__(self) -> None:
        self._counts: dict[str, list[Count]] = {}

    def note(self, group: Any) -> None:
        """Count a group's members, and keep that where it is another count than the last."""
        counts, now = self._counts.setdefault(group.name, []), Count.of(group)
        if not counts or not now.same_as(counts[-1]):
            counts.append(now)

    def since(self, group_name: str, at: float) -> list[Count]:
        """The count that held at a virtual time, and those after it; KeyError for an unknown group."""
        counts = self._counts[group_name]
        later = [one for one in counts if one.at > at]
        return counts[: len(counts) - len(later)][-1:] + later
