"""The states that a run was in, from its history."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    type Event = Mapping[str, Any]

_ENDS = {"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"}
_ERRORS = {"TaskFailed", "TaskTimedOut", "TaskStartFailed", "TaskSubmitFailed"}


@dataclass
class Visit:
    """One stay of a run in a state.

    Attributes:
        path: the state's name, after those of the states that called its workflow: `Roll Out`, `Read Sizes`.
        kind: the state's type, such as Task or Wait.
        exited: None where the history ends before.
        answer: what the task answered; of a function its payload. None for anything else.
        error: the error with which the last try of the task ended; None where it succeeded.
        tries: how often the task was begun.
        calls: how many of the tries called a function.
        asks_people: the task waits for somebody's answer.
        has_child: the task started a workflow.
    """

    path: tuple[str, ...]
    kind: str
    entered: datetime
    exited: datetime | None = None
    answer: Any = None
    error: str | None = None
    tries: int = 0
    calls: int = 0
    asks_people: bool = False
    has_child: bool = False

    @property
    def name(self) -> str:
        """The state's name."""
        return self.path[-1]


@dataclass
class _Execution:
    """An execution whose events are being read, and the state that it is in."""

    path: tuple[str, ...]
    now: Visit | None = None


@dataclass
class _Reader:
    open: list[_Execution] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)

    def read(self, event: Event) -> None:
        kind = event["type"]
        if kind == "ExecutionStarted":
            caller = self.open[-1].now if self.open else None
            self.open.append(_Execution(caller.path if caller else ()))
        elif not self.open:
            # The beginning of the history is gone.
            self.open.append(_Execution(()))
        execution = self.open[-1]
        if entered := event.get("stateEnteredEventDetails"):
            path = (*execution.path, entered["name"])
            execution.now = Visit(path, kind.removesuffix("StateEntered"), event["timestamp"])
            self.visits.append(execution.now)
        elif execution.now and "stateExitedEventDetails" in event:
            execution.now.exited, execution.now = event["timestamp"], None
        elif execution.now:
            _of_task(execution.now, kind, event)
        if kind in _ENDS:
            if execution.now:
                execution.now.exited = event["timestamp"]
            self.open.pop()


def _of_task(visit: Visit, kind: str, event: Event) -> None:
    if kind == "TaskScheduled":
        details = event.get("taskScheduledEventDetails", {})
        visit.tries += 1
        visit.calls += details.get("resourceType") == "lambda"
        visit.asks_people = str(details.get("resource")).endswith(".waitForTaskToken")
    elif kind == "TaskSubmitted":
        visit.has_child = "states" in str(event.get("taskSubmittedEventDetails", {}).get("resourceType"))
    elif kind == "TaskSucceeded":
        visit.answer, visit.error = _answer(event), None
    elif kind in _ERRORS:
        details = next((value for key, value in event.items() if key.endswith("EventDetails")), {})
        visit.error = details.get("error") or "States.Timeout"


def _answer(event: Event) -> Any:
    """What a task answered; None where the history does not have it, or has only the beginning of it."""
    try:
        answer = json.loads(event.get("taskSucceededEventDetails", {}).get("output") or "null")
    except ValueError:
        return None
    return answer["Payload"] if isinstance(answer, dict) and "Payload" in answer else answer


def read(events: Iterable[Event]) -> list[Visit]:
    """The visits of a run and of its children, in the order in which they began.

    Args:
        events: as GetExecutionHistory answers them; those of a child while the state that called it goes on.
    """
    reader = _Reader()
    for event in events:
        reader.read(event)
    return reader.visits
