"""What an instance refresh is, and what of it DescribeInstanceRefreshes shows beside its progress.

Source: "Instance refresh statuses" in the Auto Scaling User Guide, and InstanceRefresh in the API Reference.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

REVERSIBLE = ("Pending", "InProgress", "Baking")
CANCELLABLE = (*REVERSIBLE, "RollbackInProgress", "Cancelling")


@dataclass(frozen=True)
class Trouble:
    """What keeps a refresh from going on, since a virtual time; a lasting one until the next progress."""

    since: float
    reason: str
    lasting: bool


@dataclass(frozen=True)
class RollBack:
    """Why and when a roll-back began, and how far the refresh had come."""

    reason: str
    started: datetime
    progress: dict[str, Any]

    def shown(self) -> dict[str, Any]:
        """The RollbackDetails."""
        at_its_start = {f"{name}OnRollback": value for name, value in self.progress.items()}
        return {"RollbackReason": self.reason, "RollbackStartTime": self.started, **at_its_start}


@dataclass(frozen=True)
class InstanceRefresh:
    """One refresh: `given` are the parameters of its start, `earlier` are the instances that it found.

    `due` is the virtual time that a checkpoint or the baking lasts until, `waited` are the checkpoints where
    it waited, `best` is the most members that it had ready, `fault` is why its launches will fail, and
    `ended_with` is the progress at its end. It never changes but is replaced in its group's list, so that a
    stale read can show the one before.
    """

    given: dict[str, Any]
    earlier: frozenset[str]
    status: str = "Pending"
    reason: str | None = None
    started: datetime | None = None
    ended: datetime | None = None
    due: float | None = None
    waited: frozenset[int] = frozenset()
    best: int = 0
    trouble: Trouble | None = None
    rollback: RollBack | None = None
    fault: str | None = None
    ended_with: dict[str, Any] | None = None
    instance_refresh_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def preferences(self) -> dict[str, Any]:
        """The preferences, AWS's defaults included."""
        found: dict[str, Any] = self.given["Preferences"]
        return found

    @property
    def desired(self) -> dict[str, Any] | None:
        """The desired configuration."""
        return self.given.get("DesiredConfiguration")

    @property
    def keeps_instances(self) -> bool:
        """Whether it replaces root volumes, not instances."""
        return self.given.get("Strategy") == "ReplaceRootVolume"

    @property
    def checkpoints(self) -> list[int]:
        """The percentages that it pauses at, of which the last is where it ends."""
        return [int(one) for one in self.preferences.get("CheckpointPercentages", [])] or [100]

    @property
    def alarms(self) -> list[str]:
        """The alarms that it watches."""
        found: list[str] = self.preferences.get("AlarmSpecification", {}).get("Alarms", [])
        return found

    @property
    def active(self) -> bool:
        """Whether it has not ended."""
        return self.status in CANCELLABLE

    @property
    def going_back(self) -> bool:
        """Whether it is being rolled back."""
        return self.status == "RollbackInProgress"

    @property
    def launch_mark(self) -> str | None:
        """What a member is marked by that is launched now; none where the refresh launches nothing."""
        if self.status in ("InProgress", "Baking"):
            return self.instance_refresh_id
        return f"{self.instance_refresh_id} back" if self.going_back else None

    def shown(self, progress: dict[str, Any]) -> dict[str, Any]:
        """The refresh with its progress, as DescribeInstanceRefreshes shows it."""
        own = {
            "InstanceRefreshId": self.instance_refresh_id,
            "Status": self.status,
            "StatusReason": self.reason,
            "StartTime": self.started,
            "EndTime": self.ended,
            "RollbackDetails": self.rollback.shown() if self.rollback else None,
        }
        return {"Strategy": "Rolling", **self.given, **progress, **own}
