"""Events of runs, as Step Functions tells them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from golden_image_cli.history import Event

RUN = "arn:aws:states:eu-west-1:123456789012:execution:trunk:web-1"
CHILD = "arn:aws:states:eu-west-1:123456789012:execution:child:roll-out-1"
START = datetime(2026, 11, 30, 3, tzinfo=UTC)


class Story:
    """A run's events, one a minute."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._path: tuple[str, ...] = ()
        self._execution = RUN

    def add(self, kind: str, **details: Any) -> Story:
        at = START + timedelta(minutes=len(self.events))
        raw = {"id": len(self.events) + 1, "type": kind, "timestamp": at, **details}
        self.events.append(Event(self._path, self._execution, raw))
        return self

    def enter(self, name: str, kind: str = "Task") -> Story:
        return self.add(f"{kind}StateEntered", stateEnteredEventDetails={"name": name})

    def leave(self, name: str, kind: str = "Task") -> Story:
        return self.add(f"{kind}StateExited", stateExitedEventDetails={"name": name})

    def answer(self, **answer: Any) -> Story:
        output = json.dumps({"StatusCode": 200, "Payload": answer})
        return self.add("TaskSucceeded", taskSucceededEventDetails={"output": output})

    def check(self, progress: str, wait: int = 10, **more: Any) -> Story:
        return self.answer(done=False, waitSeconds=wait, progress=progress, **more)

    def fail(self, error: str, cause: str) -> Story:
        return self.add("TaskFailed", taskFailedEventDetails={"error": error, "cause": cause})

    def call(self, state: str) -> Story:
        submitted = {"resource": "startExecution.sync:2", "output": json.dumps({"ExecutionArn": CHILD})}
        self.enter(state).add("TaskSubmitted", taskSubmittedEventDetails=submitted)
        self._path, self._execution = (state,), CHILD
        return self

    def end_of_child(self) -> Story:
        self.add("ExecutionSucceeded")
        self._path, self._execution = (), RUN
        return self


def snapshots() -> Story:
    """Snapshots are made, looked at three times, and registered."""
    story = Story().enter("Create Snapshots").answer().enter("Return Source").answer()
    for progress in ("12%", "12%", "100%"):
        story.enter("Check Snapshots").check(progress)
        story.enter("Are Snapshots Complete?", "Choice").enter("Wait for Snapshots", "Wait")
    return story.enter("Register Image").answer()
