"""What happened in a run, its children included: its events, and the states that it was in."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from golden_image_cli.runs import RUNNING, decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Two calls of a bucket that refills at 5 to 20 a second are made each time.
POLL_SECONDS, SHORTEST_POLL_SECONDS = 2.0, 0.2
# So long an execution that was just started may not be visible yet.
_VISIBLE_SECONDS = 30
_PAGE = 100


@dataclass(frozen=True)
class Event:
    """An event of a run.

    Attributes:
        path: the states of the callers of the execution that it is of; () for the run's own.
        execution: the ARN of the execution that it is of.
        raw: as GetExecutionHistory answers it.
    """

    path: tuple[str, ...]
    execution: str
    raw: dict[str, Any]

    @property
    def id(self) -> int:
        """Its number in its execution, from 1."""
        return int(self.raw["id"])

    @property
    def type(self) -> str:
        """Such as `TaskStateEntered`."""
        return str(self.raw["type"])

    @property
    def at(self) -> datetime:
        """When it happened."""
        moment: datetime = self.raw["timestamp"]
        return moment

    @property
    def entered(self) -> str | None:
        """The state that is entered."""
        return self.raw.get("stateEnteredEventDetails", {}).get("name")  # type: ignore[no-any-return]

    @property
    def exited(self) -> str | None:
        """The state that is left."""
        return self.raw.get("stateExitedEventDetails", {}).get("name")  # type: ignore[no-any-return]

    @property
    def answer(self) -> dict[str, Any]:
        """What a function or a child answered; {} where this is no such event, or the answer is no object."""
        details = self.raw.get("taskSucceededEventDetails")
        answer = decoded(details.get("output")) if details else None
        if isinstance(answer, dict) and isinstance(answer.get("Payload"), dict):
            answer = answer["Payload"]
        return answer if isinstance(answer, dict) else {}

    @property
    def progress(self) -> str:
        """What a check says of how far it is, such as `37%`; empty where it says nothing."""
        return str(self.answer.get("progress") or "")

    @property
    def child(self) -> str | None:
        """The ARN of the execution that was started."""
        details = self.raw.get("taskSubmittedEventDetails")
        started = decoded(details.get("output")) if details else None
        return started.get("ExecutionArn") if isinstance(started, dict) else None

    @property
    def failure(self) -> tuple[str, str] | None:
        """The error and the cause of a task or an execution that failed."""
        for key, details in self.raw.items():
            if key.endswith("EventDetails") and ("error" in details or "cause" in details):
                return details.get("error", ""), details.get("cause", "")
        return None


@dataclass
class Visit:
    """A state that a run was in. `exited` is None while it is in it, or where the run ended in it.

    Attributes:
        path: the states of the callers; () for a state of the run's own.
        execution: the ARN of the execution that was in it.
        type: such as `Task`.
        parameters: what a task was called with.
        answer: what it answered.
        progress: what a check said of how far it is, with the time.
        failures: the error and the cause of each attempt that failed.
        child: the ARN of the execution that it started.
        succeeded: the newest attempt of a task did.
    """

    name: str
    path: tuple[str, ...]
    execution: str
    type: str
    entered: datetime
    exited: datetime | None = None
    parameters: Any = None
    answer: dict[str, Any] = field(default_factory=dict)
    progress: list[tuple[datetime, str]] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    child: str | None = None
    succeeded: bool = False

    @property
    def seconds(self) -> float | None:
        """Real seconds in the state; None where it was not left."""
        return (self.exited - self.entered).total_seconds() if self.exited else None


def events(
    client: Any, run: str, poll_seconds: float = POLL_SECONDS, *, follow: bool = True
) -> Iterator[Event]:
    """The events of a run and its children, in order; while the run goes on, as they happen, to the last.

    Those of a child follow the event that has started it. What Step Functions has forgotten has none.

    Args:
        client: of Step Functions, or one that is patient.
        run: its ARN.
        poll_seconds: real seconds between two looks.
        follow: False for one look, at what has happened so far.
    """
    yield from _Follower(client, run, poll_seconds, follow).events(run, ())


class _GoneError(Exception):
    """Step Functions does not know the execution."""


@dataclass(frozen=True)
class _Follower:
    client: Any
    run: str
    poll_seconds: float
    follow: bool

    def events(self, execution: str, path: tuple[str, ...]) -> Iterator[Event]:
        seen, state, deadline = 0, "", time.monotonic() + _VISIBLE_SECONDS
        while True:
            # Asked before the events are read: what happens in between comes with the next look.
            goes_on = self._goes_on()
            try:
                found = self._newer(execution, seen)
            except _GoneError:
                if not goes_on or time.monotonic() > deadline:
                    return
                found = []
            for raw in found:
                seen = raw["id"]
                event = Event(path, execution, raw)
                state = event.entered or state
                yield event
                if event.child:
                    yield from self.events(event.child, (*path, state))
            ended = bool(found) and _is_end(found[-1]["type"])
            if ended or not goes_on:
                return
            time.sleep(self.poll_seconds)

    def _goes_on(self) -> bool:
        """The run itself: who aborts it does not wait for its children."""
        return self.follow and bool(
            self.client.describe_execution(executionArn=self.run)["status"] == RUNNING
        )

    def _newer(self, execution: str, seen: int) -> list[dict[str, Any]]:
        """The events after number `seen`; read backwards, for a history has up to 25,000."""
        found: list[dict[str, Any]] = []
        query: dict[str, Any] = {"executionArn": execution, "reverseOrder": True, "maxResults": _PAGE}
        while True:
            try:
                page = self.client.get_execution_history(**query)
            except Exception as error:
                if type(error).__name__ == "ExecutionDoesNotExist":
                    raise _GoneError from error
                raise
            newer = [event for event in page["events"] if event["id"] > seen]
            found += newer
            if len(newer) < len(page["events"]) or not page.get("nextToken"):
                return found[::-1]
            query["nextToken"] = page["nextToken"]


def _is_end(kind: str) -> bool:
    return kind.startswith("Execution") and kind != "ExecutionStarted"


def visits(events: Iterable[Event]) -> list[Visit]:
    """The states that a run was in, in the order they were entered; the children's where they ran."""
    found: list[Visit] = []
    # A run is in one state at a time: no definition has Map or Parallel.
    current: dict[str, Visit] = {}
    for event in events:
        if name := event.entered:
            visit = Visit(
                name, event.path, event.execution, event.type.removesuffix("StateEntered"), event.at
            )
            current[event.execution] = visit
            found.append(visit)
        elif visit_now := current.get(event.execution):
            _note(visit_now, event)
    return found


def _note(visit: Visit, event: Event) -> None:
    visit.succeeded = visit.succeeded or event.type == "TaskSucceeded"
    if event.exited:
        visit.exited = event.at
    elif scheduled := event.raw.get("taskScheduledEventDetails"):
        visit.parameters = decoded(scheduled.get("parameters"))
    elif event.child:
        visit.child = event.child
    elif event.answer:
        visit.answer = event.answer
        if event.progress:
            visit.progress.append((event.at, event.progress))
    elif event.failure and not _is_end(event.type):
        visit.failures.append(event.failure)
