from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from golden_image.api.executions import newest_progress, newest_state, run_of, running_child

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef

EXECUTION = {
    "name": "web-1",
    "executionArn": "arn:aws:states:us-east-1:123456789012:execution:refresh:web-1",
    "status": "RUNNING",
    "startDate": datetime(2026, 11, 22, 12, 0, tzinfo=timezone(timedelta(hours=9))),
}


def event(kind: str, **details: Any) -> HistoryEventTypeDef:
    return {"timestamp": datetime(2026, 11, 22, tzinfo=UTC), "type": kind, "id": 1, **details}  # type: ignore


def entered(name: str) -> HistoryEventTypeDef:
    return event("TaskStateEntered", stateEnteredEventDetails={"name": name})


def answered(answer: object) -> HistoryEventTypeDef:
    output = json.dumps({"ExecutedVersion": "$LATEST", "Payload": answer, "StatusCode": 200})
    return event("TaskSucceeded", taskSucceededEventDetails={"output": output})


def answered_directly(answer: object) -> HistoryEventTypeDef:
    return event(
        "LambdaFunctionSucceeded", lambdaFunctionSucceededEventDetails={"output": json.dumps(answer)}
    )


def test_a_run_that_has_entered_no_state_yet_has_no_state() -> None:
    assert newest_state([event("ExecutionStarted")]) is None


def test_the_state_is_the_one_entered_last() -> None:
    assert newest_state([event("WaitStateEntered"), entered("Check Snapshots"), entered("Lock Group")]) == (
        "Check Snapshots"
    )


@pytest.mark.parametrize("task", [answered, answered_directly])
def test_progress_is_that_of_the_last_check(task: Any) -> None:
    history = [
        entered("Wait for Snapshots"),
        task({"done": False, "progress": "37%"}),
        task({"progress": "9%"}),
    ]
    assert newest_progress(history) == "37%"


@pytest.mark.parametrize("newer", [{"done": True, "progress": "100%"}, {"image": "ami-1"}, None, [1]])
def test_progress_of_an_operation_that_is_over_is_not_shown(newer: object) -> None:
    assert newest_progress([answered(newer), answered({"done": False, "progress": "37%"})]) is None


def test_a_run_without_answers_has_no_progress() -> None:
    assert newest_progress([entered("Plan Refresh"), event("ExecutionStarted")]) is None


def submitted(child: str) -> HistoryEventTypeDef:
    output = json.dumps({"ExecutionArn": child, "StartDate": 1764072000000})
    return event("TaskSubmitted", taskSubmittedEventDetails={"output": output})


def test_a_run_waits_for_the_execution_that_it_started_last() -> None:
    assert running_child([submitted("arn:child"), entered("Roll Out")]) == "arn:child"


@pytest.mark.parametrize(
    "newest", [event("TaskSucceeded"), event("TaskFailed"), entered("Publish"), event("ExecutionAborted")]
)
def test_a_run_does_not_wait_for_an_execution_that_is_over(newest: HistoryEventTypeDef) -> None:
    assert running_child([newest, submitted("arn:child")]) is None


def test_a_run_without_events_waits_for_nothing() -> None:
    assert running_child([]) is None


def test_times_are_in_utc() -> None:
    assert run_of(EXECUTION).started_at == "2026-11-22T03:00:00.000+00:00"
    assert run_of(EXECUTION).stopped_at is None


@pytest.mark.parametrize("text", ["[]", "1", "null", '"x"'])
def test_an_input_that_is_no_object_shows_neither_source_nor_group(text: str) -> None:
    shown = run_of({**EXECUTION, "input": text})
    assert (shown.source_instance_id, shown.auto_scaling_group_name) == (None, None)


def test_a_stack_trace_of_lambda_is_not_shown() -> None:
    cause = json.dumps(
        {"errorMessage": "no such instance", "errorType": "SourceNotFound", "stackTrace": ["a.py"]}
    )
    assert run_of({**EXECUTION, "cause": cause}).cause == "no such instance"


@pytest.mark.parametrize("cause", ["plain words", "{not json", '{"other": 1}', "12"])
def test_any_other_cause_is_shown_as_it_is(cause: str) -> None:
    assert run_of({**EXECUTION, "cause": cause}).cause == cause


@pytest.mark.parametrize("text", ["[" * 100_000, "{'a': 1}"])
def test_an_input_that_python_cannot_read_leaves_out_what_it_would_show(text: str) -> None:
    run = run_of({**EXECUTION, "input": text})
    assert (run.status, run.source_instance_id) == ("RUNNING", None)
