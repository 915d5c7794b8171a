"""What an instance refresh is, and the status that it shows.

Source: "Instance refresh statuses" in the Auto Scaling User Guide.
"""

import uuid
from dataclasses import dataclass, field
from typing import Any

from ec2world.virtual_time.clock import Clock

# Virtual seconds from the start, the cancellation and the roll-back; at AWS most of them grow with the group.
PENDING_SECONDS, CANCELLING_SECONDS, ROLLBACK_SECONDS = 5, 60, 300


@dataclass(frozen=True)
class InstanceRefresh:
    """One refresh: `given` are the parameters of its start, `left` the instances still to be replaced.

    `began`, `progressed` (when it last replaced some), `replaced` (when it had replaced all), `failed`,
    `cancelled` and `rolled_back` are virtual times. `fault` is why it will fail, `failure` why it has failed,
    and `rollback_fault` why its roll-back will. It never changes but is replaced in its group's list, so that
    a stale read can show the one before.
    """

    clock: Clock
    given: dict[str, Any]
    began: float
    left: tuple[str, ...]
    progressed: float
    fault: str | None = None
    replaced: float | None = None
    failed: float | None = None
    failure: str | None = None
    cancelled: float | None = None
    cancelling_seconds: float = CANCELLING_SECONDS
    rolled_back: float | None = None
    rollback_fault: str | None = None
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
    def bake_seconds(self) -> int:
        """How long it bakes once it has replaced all."""
        return int(self.preferences.get("BakeTime", 0))

    @property
    def goes_on(self) -> bool:
        """Whether it neither has been ended from outside nor has failed."""
        return self.cancelled is None and self.rolled_back is None and self.failed is None

    @property
    def status(self) -> str:
        """The status by the time that has passed."""
        now = self.clock.now()
        if self.cancelled is not None:
            return "Cancelling" if now - self.cancelled < self.cancelling_seconds else "Cancelled"
        if self.rolled_back is not None:
            if now - self.rolled_back < ROLLBACK_SECONDS:
                return "RollbackInProgress"
            return "RollbackSuccessful" if self.rollback_fault is None else "RollbackFailed"
        if self.failed is not None:
            return "Failed"
        if self.replaced is not None:
            return "Baking" if now - self.replaced < self.bake_seconds else "Successful"
        return "Pending" if now - self.began < PENDING_SECONDS else "InProgress"

    def shown(self) -> dict[str, Any]:
        """The refresh as DescribeInstanceRefreshes shows it."""
        own = {
            "InstanceRefreshId": self.instance_refresh_id,
            "Status": self.status,
            "StatusReason": self.failure,
        }
        return {"Strategy": "Rolling", **self.given, **own}
