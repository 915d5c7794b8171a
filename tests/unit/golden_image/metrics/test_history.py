from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from golden_image.metrics.history import Spent, spent

STARTED = datetime(2026, 11, 30, tzinfo=UTC)


def event(second: float, kind: str, **details: Any) -> Any:
    return {"timestamp": STARTED + timedelta(seconds=second), "type": kind, **details}


def entered(second: float, name: str, kind: str = "Wait") -> Any:
    return event(second, f"{kind}StateEntered", stateEnteredEventDetails={"name": name})


def exited(second: float, name: str, kind: str = "Wait") -> Any:
    return event(second, f"{kind}StateExited", stateExitedEventDetails={"name": name})


def failed(second: float, error: str) -> Any:
    return event(second, "TaskFailed", taskFailedEventDetails={"error": error, "resource": "invoke"})


def test_each_visit_of_a_wait_state_counts_and_nothing_else() -> None:
    told = [
        event(0, "ExecutionStarted"),
        entered(1, "Stop Source", "Task"),
        exited(5, "Stop Source", "Task"),
        entered(5, "Wait for Source to Stop"),
        exited(9, "Wait for Source to Stop"),
        entered(10, "Wait for Source to Stop"),
        exited(16.5, "Wait for Source to Stop"),
        event(20, "ExecutionSucceeded"),
    ]
    assert spent(told) == Spent(10.5, 0)


def test_a_wait_that_the_end_cut_off_lasts_until_then() -> None:
    told = [event(0, "ExecutionStarted"), entered(2, "Wait for Snapshots"), event(32, "ExecutionAborted")]
    assert spent(told) == Spent(30, 0)


def test_a_task_that_was_throttled_counts_and_another_failure_does_not() -> None:
    errors = ["RequestThrottled", "ImageFailed", "Lambda.TooManyRequestsException", "RequestThrottled"]
    assert spent(failed(second, error) for second, error in enumerate(errors)) == Spent(0, 3)


def test_nothing_is_spent_by_what_never_was() -> None:
    assert spent([]) == Spent(0, 0)
