"""A command on one instance: delivered after a while, at work for a while, and ended as it was said.

Source: "Understanding command statuses" in the Systems Manager User Guide.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from ec2world.ssm.agents import is_online

if TYPE_CHECKING:
    from ec2world.ssm.documents import Document
    from ec2world.virtual_time.clock import Appointment, Clock

# Virtual seconds until the invocation is shown, until the agent has it, and from a cancellation to its end.
SHOWN_AFTER, DELIVERED_AFTER, CANCELLED_AFTER = 1, 2, 5
# What Systems Manager keeps of an output, and shows of it in a list.
STDOUT, STDERR, LISTED = 24_000, 8_000, 2_500
OVER = {"Success", "Failed", "TimedOut", "Cancelled"}
_DETAILS = {"InProgress": "In Progress", "TimedOut": "Execution Timed Out"}


@dataclass(frozen=True)
class Ending:
    """How a command ends, and after how many virtual seconds of work; None: not before its time-out."""

    status: str = "Success"
    seconds: float | None = 20
    stdout: str = ""
    stderr: str = ""
    response_code: int = 0


@dataclass
class Invocation:
    """A command on one instance.

    Attributes:
        deliver_within, work_within: virtual seconds, after which it is timed out.
    """

    clock: "Clock"
    instance: Any
    document: "Document"
    ending: Ending
    deliver_within: float
    work_within: float
    sent: float = 0.0
    requested: float = field(default_factory=lambda: datetime.now(UTC).timestamp())
    status: str = "Pending"
    details: str = "Pending"
    _next: "Appointment | None" = None

    def __post_init__(self) -> None:
        self.sent = self.clock.now()
        self._at(DELIVERED_AFTER, self._deliver)

    @property
    def is_shown(self) -> bool:
        """Systems Manager does not show what it has just taken."""
        return self.clock.now() - self.sent >= SHOWN_AFTER

    @property
    def is_over(self) -> bool:
        """Whether its status is one that does not change any more."""
        return self.status in OVER

    def cancel(self) -> None:
        """Cancel what is not over: at once where it has not been delivered, else after a while."""
        if self.status == "Pending":
            self._enter("Cancelled")
        elif not self.is_over:
            self._enter("Cancelling")
            self._at(CANCELLED_AFTER, partial(self._enter, "Cancelled"))

    def plugin(self, step: str) -> dict[str, Any]:
        """What GetCommandInvocation and the list of details tell of a step: the last one ends it all."""
        is_last = step == self.document.steps[-1]
        shown = self.status == "Success" or is_last
        stdout, stderr = ("", "")
        if self.is_over and is_last and self.status != "Cancelled":
            stdout, stderr = self.ending.stdout[:STDOUT], self.ending.stderr[:STDERR]
        return {
            "name": step,
            "status": self.status if shown else "Success" if self.is_over else "Pending",
            "details": self.details if shown else "Success" if self.is_over else "Pending",
            "code": self.ending.response_code if self.is_over and is_last else 0 if self.is_over else -1,
            "stdout": stdout,
            "stderr": stderr,
        }

    def _at(self, seconds: float, action: Any) -> None:
        if self._next is not None:
            self._next.cancel()
        self._next = self.clock.after(seconds, action)

    def _enter(self, status: str, details: str | None = None) -> None:
        if self._next is not None:
            self._next.cancel()
        self.status, self.details = status, details or _DETAILS.get(status, status)

    def _deliver(self) -> None:
        if not is_online(self.instance):
            left = max(0.0, self.deliver_within - DELIVERED_AFTER)
            self._at(left, partial(self._enter, "TimedOut", "Delivery Timed Out"))
            return
        self._enter("InProgress")
        work = self.ending.seconds
        if work is None or work >= self.work_within:
            self._at(self.work_within, partial(self._enter, "TimedOut"))
        else:
            self._at(work, partial(self._finish, self.work_within - work))

    def _finish(self, left: float) -> None:
        """End as it was said. Of an instance that has gone nothing more is heard."""
        if is_online(self.instance):
            self._enter(self.ending.status)
        else:
            self._at(left, partial(self._enter, "TimedOut"))
