"""The faults of a call or a state, as rules of the world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sandbox.matrix import somebody
from sandbox.matrix.situation import Situation
from sandbox.ministack.scale import REAL_SCALE_FLOOR

# The logical id of the state machine whose executions are the runs; any other's are children.
MACHINE = "GoldenImageRefresh"
# The longest time-out of a function, in the sandbox's real seconds.
HANDLER_SECONDS = 60 * REAL_SCALE_FLOOR
# More than one call's tries by the SDK: the workflow has to try again, too.
_MORE_THAN_THE_SDK = 4
_ALL_OF_THE_SDK = 3
_STALE_READS = 2
_STALE_SECONDS = 300

_THROTTLED = {"ec2": "RequestLimitExceeded", "autoscaling": "Throttling", "sns": "Throttling"}
_BROKEN = {"ec2": "InternalError", "autoscaling": "InternalFailure", "dynamodb": "InternalServerError"}
_DENIED = {"ec2": "UnauthorizedOperation", "autoscaling": "AccessDenied", "sns": "AuthorizationError"}


@dataclass(frozen=True)
class Target:
    """A call: the n-th of an action by a role. A state: service `workflow`, its first visit.

    The role is the logical id of a function or of a state machine.
    """

    role: str
    service: str
    action: str
    nth: int = 1

    def __str__(self) -> str:
        of_the_run = self.service == "workflow" and self.role == MACHINE
        place = self.action if of_the_run else f"{self.role}/{self.action}"
        return f"{place}#{self.nth}" if self.nth > 1 else place


@dataclass(frozen=True)
class Kind:
    """One way to go wrong.

    Attributes:
        ends: how a run that meets it may end; empty for as it ends without.
        acts: the calls that somebody else makes; None where nobody does.
        after: the state of a run after which they can matter; empty where they always can.
        of_existing: whether they can matter only where there was a group before the run.
    """

    name: str
    rule: Callable[[Target], dict[str, Any]]
    ends: tuple[str, ...] = ()
    acts: Callable[[str, Situation], somebody.Acts] | None = None
    after: str = ""
    of_existing: bool = False


@dataclass(frozen=True)
class Fault:
    """A kind at a target."""

    kind: Kind
    target: Target

    def __str__(self) -> str:
        return f"{self.kind.name} at {self.target}"

    def rule(self, run: str, situation: Situation) -> dict[str, Any]:
        """The world's rule for one run in its situation."""
        base: dict[str, Any] = {"run": run, "service": self.target.service, "action": self.target.action}
        acts = {"acts": self.kind.acts(run, situation)} if self.kind.acts else {}
        what = {**self.kind.rule(self.target), **acts}
        return {**base, "role": self.target.role, "skip": self.target.nth - 1, **what}


def _error(codes: dict[str, str], default: str, **rule: Any) -> Callable[[Target], dict[str, Any]]:
    return lambda target: {"effect": "error", "code": codes.get(target.service, default), **rule}


def _always(**rule: Any) -> Callable[[Target], dict[str, Any]]:
    return lambda _: rule


THROTTLED = Kind("throttled", _error(_THROTTLED, "ThrottlingException", times=_MORE_THAN_THE_SDK))
BROKEN = Kind("5xx", _error(_BROKEN, "InternalServerError", status=500, times=_MORE_THAN_THE_SDK))
LOST = Kind("lost answer", _error(_BROKEN, "InternalServerError", status=500, when="after"))
CUT_BEFORE = Kind("cut before", _always(effect="drop", when="before", times=_ALL_OF_THE_SDK))
CUT_AFTER = Kind("cut after", _always(effect="drop", when="after", times=_ALL_OF_THE_SDK))
HANGS = Kind("hang", _always(effect="drop", when="after", seconds=HANDLER_SECONDS + 2))
STALE = Kind("stale", _always(effect="stale", reads=_STALE_READS, seconds=_STALE_SECONDS))
DENIED = Kind(
    "denied", _error(_DENIED, "AccessDeniedException", status=403, times=None), ends=("FAILED", "SUCCEEDED")
)
KILLED = Kind("killed", _always(effect="kill"))
ABORTED = Kind("aborted", _always(effect="abort"), ends=("ABORTED",))
TIMED_OUT = Kind("timed out", _always(effect="timeout"), ends=("TIMED_OUT",))
# In a state of a child: the run ends and its child goes on, or the child alone ends.
ABANDONED = Kind("aborted alone", _always(effect="abort", children=False), ends=("ABORTED",))
CHILD_ABORTED = Kind("child aborted", _always(effect="abort", target="execution"), ends=("FAILED",))
CHILD_TIMED_OUT = Kind("child timed out", _always(effect="timeout", target="execution"), ends=("FAILED",))


def _somebody(what: str, acts: Callable[[str, Situation], somebody.Acts], **when: Any) -> Kind:
    return Kind(f"somebody {what}", _always(effect="act"), acts=acts, **when)


_VERSION_IS_THERE = "Create Launch Template"


SIZES = _somebody("sets the sizes", somebody.sizes)
SETTINGS = _somebody("changes settings", somebody.settings)
TAGS = _somebody("changes tags", somebody.tags)
COPIES = _somebody("copies with tags", somebody.copies)
STRIPS = _somebody("strips tags", somebody.strips)
USES = _somebody("uses the version", somebody.uses, after=_VERSION_IS_THERE)
DEFAULT = _somebody(
    "makes the version the default", somebody.default, after=_VERSION_IS_THERE, of_existing=True
)
SUBNET = _somebody("deletes a subnet", somebody.deletes_subnet, of_existing=True)
SOMEBODY = (SIZES, SETTINGS, TAGS, COPIES, STRIPS, USES, DEFAULT, SUBNET)

# A start that is tried again joins the child, unless the child has ended meanwhile. Then the run fails.
_OF_STARTS = (
    THROTTLED,
    BROKEN,
    replace(LOST, ends=("FAILED", "SUCCEEDED")),
    CUT_BEFORE,
    replace(CUT_AFTER, ends=("FAILED", "SUCCEEDED")),
    DENIED,
)
_OF_CALLS = (THROTTLED, BROKEN, LOST, CUT_BEFORE, CUT_AFTER, HANGS, DENIED)
_READS = ("Describe", "Get", "List")


def kinds_at(target: Target, has_function: bool) -> list[Kind]:
    """The faults that can occur there; a state's function can be killed, and a write be seen late."""
    if target.service == "workflow":
        ends = [ABORTED, TIMED_OUT]
        if target.role != MACHINE:
            ends += [ABANDONED, CHILD_ABORTED, CHILD_TIMED_OUT]
        return [KILLED, *ends] if has_function else ends
    if target.service == "stepfunctions":
        return list(_OF_STARTS)
    writes = target.service in ("ec2", "autoscaling") and not target.action.startswith(_READS)
    return [*_OF_CALLS, STALE] if writes else list(_OF_CALLS)
