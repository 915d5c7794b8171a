"""The faults of a call or a state, as rules of the world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sandbox.matrix import somebody
from sandbox.matrix.scenarios import CONFIGURATION, Scenario
from sandbox.matrix.situation import Situation
from sandbox.ministack.scale import HANDLER_SCALE_FLOOR

# The logical id of the state machine whose executions are the runs; any other's are children.
MACHINE = "GoldenImageRefresh"
# That of the child that notifies: a run ends alike without it.
NOTIFY = "Notify"
# The longest time-out of a function, in the sandbox's real seconds.
HANDLER_SECONDS = 60 * HANDLER_SCALE_FLOOR
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

    The role is the logical id of a function or of a state machine. Where `replaced` is not 0, they are
    counted from when an instance refresh has replaced so many percent of the group.
    """

    role: str
    service: str
    action: str
    nth: int = 1
    replaced: int = 0

    def __str__(self) -> str:
        of_the_run = self.service == "workflow" and self.role == MACHINE
        place = self.action if of_the_run else f"{self.role}/{self.action}"
        place = f"{place}#{self.nth}" if self.nth > 1 else place
        return f"{place} from {self.replaced}%" if self.replaced else place


@dataclass(frozen=True)
class Kind:
    """One way to go wrong.

    Attributes:
        ends: how a run that meets it may end; empty for as it ends without.
        acts: the calls that somebody else makes; None where nobody does.
        after: the state of a run after which they can matter; empty where they always can.
        matters: whether they can matter in a scenario.
    """

    name: str
    rule: Callable[[Target], dict[str, Any]]
    ends: tuple[str, ...] = ()
    acts: Callable[[str, Situation], somebody.Acts] | None = None
    after: str = ""
    matters: Callable[[Scenario], bool] = lambda _: True


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
        if self.target.replaced:
            what["replaced"] = {"group": situation.group, "least": self.target.replaced}
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


ENDS = (ABORTED, TIMED_OUT, ABANDONED, CHILD_ABORTED, CHILD_TIMED_OUT)


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
    "makes the version the default",
    somebody.default,
    after=_VERSION_IS_THERE,
    matters=lambda scenario: scenario.existing and scenario.launches_from != CONFIGURATION,
)
SUBNET = _somebody("deletes a subnet", somebody.deletes_subnet, matters=lambda scenario: scenario.existing)
_EITHER = ("FAILED", "SUCCEEDED")


def _of_roll(what: str, acts: Callable[[str, Situation], somebody.Acts], **more: Any) -> Kind:
    return _somebody(what, acts, **{"matters": lambda scenario: scenario.rolls, **more})


SCALES_IN = _of_roll("scales in", somebody.scales_in)
SCALES_OUT = _of_roll("scales out", somebody.scales_out)
REFRESHES = _of_roll("starts a refresh", somebody.refreshes, ends=_EITHER)
CANCELS = _of_roll("cancels the refresh", somebody.cancels, ends=_EITHER)
ROLLS_BACK = _of_roll("rolls the refresh back", somebody.rolls_back, ends=_EITHER)
SOUNDS = _of_roll(
    "sounds the alarm", somebody.sounds, ends=_EITHER, matters=lambda scenario: scenario.watches
)
_OF_ROLLS = (SCALES_IN, SCALES_OUT, REFRESHES, CANCELS, ROLLS_BACK, SOUNDS)
SOMEBODY = (SIZES, SETTINGS, TAGS, COPIES, STRIPS, USES, DEFAULT, SUBNET, *_OF_ROLLS)

# A start that is tried again joins the child, unless that has ended meanwhile. Then the run fails, or warns.
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
            ends.append(ABANDONED)
            alone = (CHILD_ABORTED, CHILD_TIMED_OUT)
            ends += [replace(kind, ends=()) for kind in alone] if target.role == NOTIFY else alone
        return [KILLED, *ends] if has_function else ends
    if target.service == "stepfunctions":
        return list(_OF_STARTS)
    writes = target.service in ("ec2", "autoscaling") and not target.action.startswith(_READS)
    return [*_OF_CALLS, STALE] if writes else list(_OF_CALLS)
