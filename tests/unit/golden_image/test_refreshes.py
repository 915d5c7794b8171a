from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber
from moto.core import DEFAULT_ACCOUNT_ID
from moto.stepfunctions.models import stepfunctions_backends

from golden_image import aws
from golden_image.errors import (
    IdempotencyKeyReused,
    InvalidInput,
    RefreshNotFound,
    RefreshOver,
    ServiceUnavailable,
)
from golden_image.refreshes import Refreshes
from tests.unit.account import REGION
from tests.unit.inputs import EVERY_FIELD, SMALLEST

if TYPE_CHECKING:
    from moto.stepfunctions.models import Execution

SCHEDULED = {"scheduledTime": "2026-11-22T03:00:00Z", "input": SMALLEST}


@pytest.fixture
def refreshes(state_machine: str) -> Refreshes:
    return Refreshes(state_machine, None)


def executions() -> list[Execution]:
    """What moto keeps of the runs, oldest first."""
    return stepfunctions_backends[DEFAULT_ACCOUNT_ID][REGION].state_machines[0].executions  # type: ignore


def end(name: str, status: str, **outcome: str) -> None:
    execution = next(execution for execution in executions() if execution.name == name)
    execution.status, execution.stop_date = status, execution.start_date
    for field, value in outcome.items():
        setattr(execution, field, value)


def test_a_started_run_is_under_way_under_a_name_that_tells_its_group(refreshes: Refreshes) -> None:
    started = refreshes.start(SMALLEST)
    assert re.fullmatch(r"web-\d{8}T\d{6}Z-[0-9a-f]{8}", started.name)
    assert started.status == "RUNNING"
    assert refreshes.describe(started.name).auto_scaling_group_name == "web"


def test_two_starts_are_two_runs(refreshes: Refreshes) -> None:
    assert refreshes.start(SMALLEST).name != refreshes.start(SMALLEST).name


@pytest.mark.parametrize("group", ["가나다" * 80, "a b/c.d", "x" * 255])
def test_any_group_name_gives_a_name_that_step_functions_accepts(refreshes: Refreshes, group: str) -> None:
    raw = {**SMALLEST, "autoScalingGroupName": group, "launchTemplateName": "web"}
    assert re.fullmatch(r"[0-9A-Za-z_-]{1,80}", refreshes.start(raw).name)


def test_a_refused_input_starts_nothing(refreshes: Refreshes) -> None:
    with pytest.raises(InvalidInput):
        refreshes.start({**SMALLEST, "rollot": "drain"})
    assert executions() == []


def test_the_same_key_and_input_is_the_same_run(refreshes: Refreshes) -> None:
    first = refreshes.start(SMALLEST, "key")
    again = refreshes.start(dict(reversed(SMALLEST.items())), "key")
    assert again.name == first.name
    assert len(executions()) == 1


def test_the_same_key_and_input_finds_a_run_that_has_ended(refreshes: Refreshes) -> None:
    first = refreshes.start(SMALLEST, "key")
    end(first.name, "SUCCEEDED", output='{"image": {"id": "ami-1"}}')
    again = refreshes.start(SMALLEST, "key")
    assert (again.name, again.status, again.output) == (first.name, "SUCCEEDED", {"image": {"id": "ami-1"}})


def test_a_key_is_refused_for_another_input(refreshes: Refreshes) -> None:
    first = refreshes.start(SMALLEST, "key")
    with pytest.raises(IdempotencyKeyReused, match=first.name):
        refreshes.start(EVERY_FIELD, "key")


def test_a_run_that_is_not_shown_yet_is_no_missing_run(refreshes: Refreshes) -> None:
    with Stubber(aws.client("stepfunctions")) as stubbed:
        stubbed.add_client_error("start_execution", "ExecutionAlreadyExists")
        stubbed.add_client_error("describe_execution", "ExecutionDoesNotExist")
        with pytest.raises(ServiceUnavailable):
            refreshes.start(SMALLEST, "key")


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_that_is_empty_or_too_long_is_refused(refreshes: Refreshes, key: str) -> None:
    with pytest.raises(InvalidInput, match="Idempotency-Key"):
        refreshes.start(SMALLEST, key)
    assert executions() == []


@pytest.mark.parametrize("key", ["a:b", "키", "\ud800", "k" * 255])
def test_any_other_key_is_accepted(refreshes: Refreshes, key: str) -> None:
    assert refreshes.start(SMALLEST, key).name == refreshes.start(SMALLEST, key).name


def test_a_doubled_delivery_of_a_scheduled_time_starts_one_run(refreshes: Refreshes) -> None:
    first = refreshes.start_scheduled(SCHEDULED)
    end(first.name, "SUCCEEDED")
    assert refreshes.start_scheduled(SCHEDULED) == first
    assert len(executions()) == 1
    assert re.fullmatch(r"schedule-20261122T030000Z-[0-9a-f]{12}", first.name)


@pytest.mark.parametrize(
    "other",
    [
        {"scheduledTime": "2026-11-23T03:00:00Z"},
        {"input": {**SMALLEST, "autoScalingGroupName": "batch"}},
        {"input": {**SMALLEST, "sourceInstanceId": "i-0123456789abcdef1"}},
    ],
)
def test_another_time_group_or_source_is_another_scheduled_run(refreshes: Refreshes, other: Any) -> None:
    refreshes.start_scheduled(SCHEDULED)
    refreshes.start_scheduled({**SCHEDULED, **other})
    assert len(executions()) == 2


def test_the_schedule_names_the_source_of_an_input_that_does_not(refreshes: Refreshes) -> None:
    event = {**SCHEDULED, "input": {"autoScalingGroupName": "web"}, "sourceInstanceId": "i-0123456789abcdef0"}
    name = refreshes.start_scheduled(event).name
    assert refreshes.describe(name).source_instance_id == "i-0123456789abcdef0"
    assert name == refreshes.start_scheduled(SCHEDULED).name


@pytest.mark.parametrize("time", [None, "", "tomorrow", 5, "0001-01-01T00:00:00+14:00"])
def test_a_scheduled_event_without_a_time_is_refused(refreshes: Refreshes, time: object) -> None:
    with pytest.raises(InvalidInput, match="scheduledTime"):
        refreshes.start_scheduled({**SCHEDULED, "scheduledTime": time})
    assert executions() == []


@pytest.mark.parametrize("raw", [None, [], {"sourceInstanceId": "i-1"}])
def test_a_scheduled_event_with_a_wrong_input_is_refused(refreshes: Refreshes, raw: object) -> None:
    with pytest.raises(InvalidInput):
        refreshes.start_scheduled({**SCHEDULED, "sourceInstanceId": "i-0123456789abcdef0", "input": raw})


def test_runs_are_listed_page_by_page(refreshes: Refreshes) -> None:
    started = {refreshes.start(SMALLEST).name for _ in range(5)}
    first = refreshes.list(limit=3)
    second = refreshes.list(limit=3, next_token=first.next_token)
    assert [len(first.refreshes), len(second.refreshes)] == [3, 2]
    assert {refresh.name for page in (first, second) for refresh in page.refreshes} == started
    assert second.next_token is None


def test_runs_are_listed_by_status(refreshes: Refreshes) -> None:
    ended, under_way = refreshes.start(SMALLEST).name, refreshes.start(SMALLEST).name
    end(ended, "FAILED")
    assert [refresh.name for refresh in refreshes.list(status="FAILED").refreshes] == [ended]
    assert [refresh.name for refresh in refreshes.list(status="RUNNING").refreshes] == [under_way]


def test_a_token_that_no_page_gave_is_refused(refreshes: Refreshes) -> None:
    with pytest.raises(InvalidInput, match="nextToken"):
        refreshes.list(next_token="made up")


def test_a_failed_run_shows_its_error_and_cause(refreshes: Refreshes) -> None:
    name = refreshes.start(SMALLEST).name
    end(name, "FAILED", error="ImageFailed", cause="Client.InternalError")
    described = refreshes.describe(name)
    assert (described.status, described.error, described.cause) == (
        "FAILED",
        "ImageFailed",
        "Client.InternalError",
    )
    assert (described.state, described.output) == (None, None)


def test_a_run_under_way_shows_its_state(refreshes: Refreshes) -> None:
    assert refreshes.describe(refreshes.start(SMALLEST).name).state == "A State"


def of_history(*events: dict[str, Any]) -> dict[str, Any]:
    """An answer of GetExecutionHistory."""
    common = {"timestamp": datetime(2026, 11, 22, tzinfo=UTC), "id": 1, "type": "as its details say"}
    return {"events": [common | event for event in events]}


CHECKED = {"output": json.dumps({"Payload": {"done": False, "progress": "2 of 3"}})}
CHECKING = [
    {"taskSucceededEventDetails": {"resourceType": "lambda", "resource": "invoke", **CHECKED}},
    {"stateEnteredEventDetails": {"name": "Check Group"}},
]


@pytest.mark.parametrize(
    ("of_child", "state", "progress"),
    [(CHECKING, "Check Group", "2 of 3"), ([], "Roll Out", None)],
    ids=["under way", "just started"],
)
def test_a_run_that_waits_for_a_child_shows_the_childs_state(
    refreshes: Refreshes, of_child: list[dict[str, Any]], state: str, progress: str | None
) -> None:
    own, child = f"{refreshes.state_machine_arn}:web", "arn:aws:states:us-east-1:123456789012:execution:o:1"
    task = {"resourceType": "states", "resource": "startExecution.sync:2"}
    submitted = {"taskSubmittedEventDetails": task | {"output": json.dumps({"ExecutionArn": child})}}
    entered = {"stateEnteredEventDetails": {"name": "Roll Out"}}
    execution = {
        "executionArn": own,
        "stateMachineArn": refreshes.state_machine_arn,
        "name": "web",
        "status": "RUNNING",
        "startDate": datetime(2026, 11, 22, tzinfo=UTC),
    }
    asked = {"reverseOrder": True, "maxResults": 60}

    with Stubber(aws.client("stepfunctions")) as steps:
        steps.add_response("describe_execution", execution)
        steps.add_response(
            "get_execution_history", of_history(submitted, entered), {"executionArn": own, **asked}
        )
        steps.add_response("get_execution_history", of_history(*of_child), {"executionArn": child, **asked})
        described = refreshes.describe("web")

    assert (described.state, described.progress) == (state, progress)


@pytest.mark.parametrize("name", ["unknown", "", "a:b", "a/b", "a b", "*", "x" * 81, "\ud800"])
def test_a_name_of_no_run_is_not_found(refreshes: Refreshes, name: str) -> None:
    with pytest.raises(RefreshNotFound):
        refreshes.describe(name)
    with pytest.raises(RefreshNotFound):
        refreshes.stop(name)


def test_a_stopped_run_is_aborted(refreshes: Refreshes) -> None:
    name = refreshes.start(SMALLEST).name
    stopped = refreshes.stop(name)
    assert (stopped.status, stopped.error) == ("ABORTED", "Stopped")
    assert stopped.stopped_at
    assert refreshes.describe(name).status == "ABORTED"


def test_a_run_that_is_over_cannot_be_stopped(refreshes: Refreshes) -> None:
    name = refreshes.start(SMALLEST).name
    end(name, "SUCCEEDED")
    with pytest.raises(RefreshOver, match="SUCCEEDED"):
        refreshes.stop(name)


def test_a_stack_without_a_default_group_leaves_the_variable_empty(state_machine: str) -> None:
    assert Refreshes.from_env() == Refreshes(state_machine, None)
