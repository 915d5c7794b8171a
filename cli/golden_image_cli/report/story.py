"""The story of a run: all that its report tells, from its history, input and output alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from golden_image_cli import history, prices
from golden_image_cli.failing import cause_of, failing_state
from golden_image_cli.report import capacity, changes, stages
from golden_image_cli.report.capacity import Capacity, Checkpoint
from golden_image_cli.report.changes import Change, Json, member
from golden_image_cli.report.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from golden_image_cli.history import Event, Visit
    from golden_image_cli.runs import Run


@dataclass(frozen=True)
class Downtime:
    """When the source was down, in seconds since the run's start.

    Attributes:
        end: when it ran again; the end of what is known where it did not.
        is_over: the run has seen it running again.
    """

    begin: float
    end: float
    is_over: bool


@dataclass(frozen=True)
class Failure:
    """How a run failed, and what was undone.

    Attributes:
        state: where it failed, after the states that called its workflow; None where the history is gone.
        roll_back: the result of the undo in words; None where the run did not tell one.
        passes: what each pass of the undo found, with its seconds since the run's start.
    """

    state: str | None
    error: str | None
    cause: str | None
    roll_back: str | None
    passes: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Cost:
    """What a run cost in US dollars, and the most GiB of snapshots that it keeps."""

    transitions: int
    invocations: int
    of_run: float
    kept_gib: int


@dataclass(frozen=True)
class Story:
    """All that a report tells of a run.

    Attributes:
        seconds: from the run's start to its end, or until now.
        is_dry, goes_back_to: which kind of run it was; the number of the generation of a way back.
        generation: the number that the run's generation has; None where it made none.
        replaces: the number of the one that the group had before; None where it had none.
        source_gib: the size of all volumes of the source.
        gaps: what the history does not have, in sentences.
    """

    name: str
    status: str
    group: str
    source: str | None
    rollout: str | None
    start: datetime
    seconds: float
    is_dry: bool
    goes_back_to: int | None
    generation: int | None
    replaces: int | None
    stages: tuple[Stage, ...]
    downtime: Downtime | None
    capacity: tuple[Capacity, ...]
    checkpoints: tuple[Checkpoint, ...]
    approvals: tuple[Json, ...]
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]
    failure: Failure | None
    source_gib: int
    cost: Cost
    gaps: tuple[str, ...]


def read(run: Run, events: Iterable[Event], scale: float = 1, now: datetime | None = None) -> Story:
    """The story of a run.

    Args:
        events: its history and that of its children, as golden_image_cli.history answers them.
        scale: real seconds per second that the run counts; 1 but in a sandbox.
        now: the present, up to which a run that goes on is told.
    """
    past = [_counted(event, run.start, scale) for event in events]
    found = history.visits(past)
    end = _moment(run.stop or now or datetime.now(UTC), run.start, scale)
    output = run.output if isinstance(run.output, dict) else {}
    is_dry = run.status == "SUCCEEDED" and "plannedAt" in output
    plan = output if is_dry else _answer(found, "Plan Refresh")
    result = {} if is_dry else output
    return Story(
        name=run.name,
        status=run.status,
        group=_text(member(plan or result, "group", "name") or run.asked("autoScalingGroupName")),
        source=member(plan, "source", "instanceId") or member(result, "source", "instanceId"),
        rollout=member(plan, "rollout") or member(result, "rollout"),
        start=run.start,
        seconds=(end - run.start).total_seconds(),
        is_dry=is_dry,
        goes_back_to=member(plan, "goesBackTo", "number") or member(result, "generation", "goesBackTo"),
        generation=member(result, "generation", "number"),
        replaces=member(_answer(found, "Commit Refresh"), "replaced", "generation"),
        stages=tuple(stages.read(found, run.start, end, is_over=run.over)),
        downtime=_downtime(found, plan, run.start, end),
        capacity=tuple(capacity.read(found, run.start)),
        checkpoints=tuple(capacity.checkpoints(found, run.start)),
        approvals=tuple(_approvals(found, result)),
        changes=tuple(changes.read(plan, result)),
        warnings=tuple(map(str, result.get("warnings") or plan.get("warnings") or [])),
        failure=_failure(run, found),
        source_gib=changes.gib(plan),
        cost=_cost(past, plan, bool(result)),
        gaps=tuple(_gaps(found, is_over=run.over)),
    )


def _counted(event: Event, start: datetime, scale: float) -> Event:
    return replace(event, raw=event.raw | {"timestamp": _moment(event.at, start, scale)})


def _moment(moment: datetime, start: datetime, scale: float) -> datetime:
    """A moment by the run's clock, which began with the run and is fast in a sandbox."""
    return start + (moment - start) / scale


def _text(name: Any) -> str:
    return name if isinstance(name, str) and name else "the default group"


def _answer(found: Sequence[Visit], state: str) -> Json:
    return next((one.answer for one in found if one.name == state and not one.path), {})


def _downtime(found: Sequence[Visit], plan: Json, start: datetime, end: datetime) -> Downtime | None:
    trunk = [one for one in found if not one.path]
    stop = next((one for one in trunk if one.name == "Stop Source"), None)
    if stop is None or member(plan, "source", "powerState") == "stopped":
        return None
    again = next((one.exited for one in trunk if _runs_again(one)), None)
    undone = next((one.exited for one in trunk if one.name == "Undo"), None)
    until = again or undone or end
    return Downtime(
        (stop.entered - start).total_seconds(), (until - start).total_seconds(), again is not None
    )


def _runs_again(visit: Visit) -> bool:
    if visit.name == "Check Source Returned":
        return visit.answer.get("progress") == "running"
    return visit.name == "Look at Source" and visit.answer.get("running") is True


def _approvals(found: Sequence[Visit], result: Json) -> list[Json]:
    told = result.get("approvals") or [one.answer for one in found if one.answer.get("approved")]
    return [one for one in told if isinstance(one, dict)]


def _failure(run: Run, found: Sequence[Visit]) -> Failure | None:
    if not run.failed:
        return None
    failed = failing_state(found)
    cause, roll_back = cause_of(run)
    return Failure(
        state=" · ".join((*failed.path, failed.name)) if failed else None,
        error=run.error,
        cause=cause or None,
        roll_back=roll_back or None,
        passes=tuple(_passes(found, run.start)),
    )


def _passes(found: Sequence[Visit], start: datetime) -> list[tuple[float, str]]:
    """What the passes of the undo found to do, each once."""
    told: list[tuple[float, str]] = []
    for one in found:
        for at, progress in one.progress if one.path == ("Undo",) else ():
            if not told or told[-1][1] != progress:
                told.append(((at - start).total_seconds(), progress))
    return told


def _cost(past: Sequence[Event], plan: Json, is_kept: bool) -> Cost:
    kinds = Counter(event.type for event in past)
    retries = max(kinds["TaskScheduled"] - kinds["TaskStateEntered"], 0)
    transitions = sum(event.entered is not None for event in past) + retries
    tasks = (event.raw.get("taskScheduledEventDetails", {}) for event in past)
    invocations = sum(task.get("resourceType") == "lambda" for task in tasks)
    kept = changes.gib(plan) if is_kept and not member(plan, "goesBackTo") else 0
    return Cost(transitions, invocations, prices.of_run(transitions, invocations), kept)


def _gaps(found: Sequence[Visit], *, is_over: bool) -> list[str]:
    told = []
    if not found:
        told.append(
            "The history of this run is gone: Step Functions keeps it for 90 days after the run's end."
        )
    elif found[0].name != "Plan Refresh":
        told.append("The beginning of the history is missing, and with it the plan.")
    told += [
        f"The history of the workflow that {one.name} called is gone: its time is shown as one piece."
        for one, following in pairwise([*found, None])
        if is_over and one and one.child and (following is None or following.path != (*one.path, one.name))
    ]
    return told
