"""The stages of a run, which are the rows of its timeline, and what passed in each."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from golden_image_cli.history import Visit

# What a moment is spent with.
CALL, WAIT, PEOPLE = "call", "wait", "people"

_APPROVAL = "Approval"
# The chapter and the stage of each state of the trunk.
_TRUNK = {
    name: (chapter, stage)
    for (chapter, stage), names in {
        ("Plan", "Look-ups"): ("Plan Refresh",),
        ("Plan", "Lock"): ("Lock Group",),
        ("Source", "Prepare"): ("Prepare Source",),
        ("Source", "Stop"): ("Stop Source", "Check Source Stopped", "Wait for Source to Stop"),
        ("Image", "Snapshots"): (
            *("Create Snapshots", "Check Snapshots", "Wait for Snapshots"),
            *("Create Image", "Check Volumes Captured", "Wait for Capture"),
        ),
        ("Source", "Start"): ("Return Source", "Check Source Returned", "Wait for Source to Return"),
        ("Image", "Register"): ("Register Image", "Check Image", "Wait for Image", "Verify Image"),
        ("Image", "Generation"): ("Prove Generation",),
        ("Template", "Version"): ("Pin Group", "Create Launch Template"),
        ("Canary", "Canary"): ("Prove Image",),
        ("Approval", _APPROVAL): ("Request Approval",),
        ("Group", "Settings"): (
            *("Create Auto Scaling Group", "Update Auto Scaling Group", "Configure Auto Scaling Group"),
        ),
        ("Roll-out", "Roll-out"): ("Roll Out",),
        ("Undo", "Undo"): ("Undo",),
        ("Finish", "Commit"): ("Commit Refresh", "Publish Image", "Look at Source"),
        ("Finish", "Unlock"): ("Unlock Group", "Notify Completion", "Notify Failure"),
    }.items()
    for name in names
}
# The stage of each state of a workflow that a state of the trunk calls, where it is not the caller's own.
_CHILDREN = {
    ("Prove Image", "Launch Canary"): "Launch",
    ("Prove Image", "Check Canary"): "Checks",
    ("Prove Image", "Wait for Canary"): "Checks",
    ("Prove Image", "Run Document"): "Document",
    ("Prove Image", "End Canary"): "End",
    ("Prove Image", "Wait for Canary to End"): "End",
    ("Roll Out", "Drain Group"): "Drain",
    ("Roll Out", "Check Group Drained"): "Drain",
    ("Roll Out", "Wait for Group to Drain"): "Drain",
    ("Roll Out", "Restore Capacity"): "Capacity",
    ("Roll Out", "Check Capacity"): "Capacity",
    ("Roll Out", "Wait for Capacity"): "Capacity",
    ("Roll Out", "Start Instance Refresh"): "Instance refresh",
    ("Roll Out", "Check Instance Refresh"): "Instance refresh",
    ("Roll Out", "Wait for Instance Refresh"): "Instance refresh",
    ("Roll Out", "Request Checkpoint Approval"): _APPROVAL,
    ("Roll Out", "Update Settings"): "Settings",
    ("Roll Out", "Configure Auto Scaling Group"): "Settings",
    ("Roll Out", "Read Sizes"): "Settings",
    ("Undo", "Begin Undo"): "Begin",
    ("Undo", "Wait for Last Call"): "Begin",
    ("Undo", "Roll Back"): "Roll back",
    ("Undo", "Wait for Roll Back"): "Roll back",
    ("Undo", "Unlock Group"): "Unlock",
    ("Undo", "Notify Clean-Up"): "Unlock",
}
_TAKE_NO_TIME = {"Choice", "Pass", "Succeed", "Fail"}
# A piece that is shorter than this part of the run is no wider than a hair: it joins the one before it.
_HAIR = 1 / 400


@dataclass(frozen=True)
class Span:
    """A time in one stage, in seconds since the run's start."""

    begin: float
    end: float
    kind: str

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.begin


@dataclass
class Stage:
    """A stage of a run. A state that this program does not know is a stage of its own.

    Attributes:
        retries: tries of a task after its first.
        polls: how often it waited and looked again.
        failed_at: seconds since the run's start of an error that ended the stage; None without one.
    """

    chapter: str
    name: str
    spans: list[Span] = field(default_factory=list)
    retries: int = 0
    polls: int = 0
    failed_at: float | None = None

    @property
    def seconds(self) -> float:
        """The time that was spent in it."""
        return sum(span.seconds for span in self.spans)

    def spent(self, kind: str) -> float:
        """The seconds of one kind."""
        return sum(span.seconds for span in self.spans if span.kind == kind)

    def pieces(self, total: float) -> Iterator[Span]:
        """Its spans for a picture of `total` seconds: without those that nobody could see."""
        pieces: list[Span] = []
        for span in self.spans:
            last = pieces[-1] if pieces else None
            touches = last is not None and span.begin - last.end <= total * _HAIR
            if last and touches and (span.kind == last.kind or span.seconds < total * _HAIR):
                pieces[-1] = Span(last.begin, span.end, last.kind)
            elif last and touches and last.seconds < total * _HAIR:
                pieces[-1] = Span(last.begin, span.end, span.kind)
            else:
                pieces.append(span)
        yield from pieces


def stage_of(visit: Visit) -> tuple[str, str]:
    """The chapter and the stage of a state, by the states that called its workflow."""
    caller, *inner = *visit.path, visit.name
    chapter, stage = _TRUNK.get(caller, ("Other", caller))
    return chapter, _CHILDREN.get((caller, inner[0]), stage) if inner else stage


def read(visits: Sequence[Visit], start: datetime, end: datetime, *, is_over: bool) -> list[Stage]:
    """The stages in the order of their chapters' first moments.

    Args:
        start, end: of the run, or the present for one that goes on.
        is_over: the run has ended.
    """
    found: dict[tuple[str, str], Stage] = {}
    for visit, following in pairwise([*visits, None]):
        if visit is None or visit.type in _TAKE_NO_TIME:
            continue
        stage = found.setdefault(stage_of(visit), Stage(*stage_of(visit)))
        # The history of a task with which its workflow failed does not say that it was left.
        until = visit.exited or (following.entered if following else end)
        begin, leaves = (visit.entered - start).total_seconds(), (until - start).total_seconds()
        has_failed = bool(visit.failures) and not visit.succeeded and (is_over or following is not None)
        stage.retries += len(visit.failures) - has_failed
        stage.polls += visit.type == "Wait"
        if has_failed:
            stage.failed_at = leaves
        # The time of a caller is that of its workflow's states, if they are known.
        if following is None or following.path != (*visit.path, visit.name):
            stage.spans.append(Span(begin, leaves, _kind(visit, stage)))
    order = list(dict.fromkeys(stage.chapter for stage in found.values()))
    with_time = (stage for stage in found.values() if stage.spans)
    return sorted(with_time, key=lambda stage: (order.index(stage.chapter), stage.spans[0].begin))


def _kind(visit: Visit, stage: Stage) -> str:
    return WAIT if visit.type == "Wait" else PEOPLE if stage.name == _APPROVAL else CALL
