from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.stub import Stubber

from golden_image import aws
from golden_image.api import runs, start
from golden_image.errors import IdempotencyKeyReused, InvalidInput, ServiceUnavailable
from tests.unit.api_calls import end, executions
from tests.unit.inputs import EVERY_FIELD, SMALLEST

pytestmark = pytest.mark.usefixtures("state_machine")
SCHEDULED = {"scheduledTime": "2026-11-22T03:00:00Z", "input": SMALLEST}


def scheduled(event: dict[str, Any]) -> start.ScheduledStart:
    return start.start_scheduled(event["scheduledTime"], event["input"], event.get("sourceInstanceId"))


def test_a_started_run_is_under_way_under_a_name_that_tells_its_group() -> None:
    started = start.start(SMALLEST)
    assert re.fullmatch(r"web-\d{8}T\d{6}Z-[0-9a-f]{8}", started.name)
    assert started.status == "RUNNING"
    assert runs.describe(started.name).auto_scaling_group_name == "web"


def test_two_starts_are_two_runs() -> None:
    assert start.start(SMALLEST).name != start.start(SMALLEST).name


@pytest.mark.parametrize("group", ["가나다" * 80, "a b/c.d", "x" * 255])
def test_any_group_name_gives_a_name_that_step_functions_accepts(group: str) -> None:
    raw = {**SMALLEST, "autoScalingGroupName": group, "launchTemplateName": "web"}
    assert re.fullmatch(r"[0-9A-Za-z_-]{1,80}", start.start(raw).name)


def test_a_refused_input_starts_nothing() -> None:
    with pytest.raises(InvalidInput):
        start.start({**SMALLEST, "rollot": "drain"})
    assert executions() == []


def test_the_same_key_and_input_is_the_same_run() -> None:
    first = start.start(SMALLEST, "key")
    again = start.start(dict(reversed(SMALLEST.items())), "key")
    assert again.name == first.name
    assert len(executions()) == 1


def test_the_same_key_and_input_finds_a_run_that_has_ended() -> None:
    first = start.start(SMALLEST, "key")
    end(first.name, "SUCCEEDED", output='{"image": {"id": "ami-1"}}')
    again = start.start(SMALLEST, "key")
    assert (again.name, again.status, again.output) == (first.name, "SUCCEEDED", {"image": {"id": "ami-1"}})


def test_a_key_is_refused_for_another_input() -> None:
    first = start.start(SMALLEST, "key")
    with pytest.raises(IdempotencyKeyReused, match=first.name):
        start.start(EVERY_FIELD, "key")


def test_a_run_that_is_not_shown_yet_is_no_missing_run() -> None:
    with Stubber(aws.client("stepfunctions")) as stubbed:
        stubbed.add_client_error("start_execution", "ExecutionAlreadyExists")
        stubbed.add_client_error("describe_execution", "ExecutionDoesNotExist")
        with pytest.raises(ServiceUnavailable):
            start.start(SMALLEST, "key")


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_that_is_empty_or_too_long_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput, match="Idempotency-Key"):
        start.start(SMALLEST, key)
    assert executions() == []


@pytest.mark.parametrize("key", ["a:b", "키", "\ud800", "k" * 255])
def test_any_other_key_is_accepted(key: str) -> None:
    assert start.start(SMALLEST, key).name == start.start(SMALLEST, key).name


def test_a_doubled_delivery_of_a_scheduled_time_starts_one_run() -> None:
    first = scheduled(SCHEDULED)
    end(first.name, "SUCCEEDED")
    assert scheduled(SCHEDULED) == first
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
def test_another_time_group_or_source_is_another_scheduled_run(other: Any) -> None:
    scheduled(SCHEDULED)
    scheduled({**SCHEDULED, **other})
    assert len(executions()) == 2


def test_the_schedule_names_the_source_of_an_input_that_does_not() -> None:
    event = {**SCHEDULED, "input": {"autoScalingGroupName": "web"}, "sourceInstanceId": "i-0123456789abcdef0"}
    name = scheduled(event).name
    assert runs.describe(name).source_instance_id == "i-0123456789abcdef0"
    assert name == scheduled(SCHEDULED).name


@pytest.mark.parametrize("time", [None, "", "tomorrow", 5, "0001-01-01T00:00:00+14:00"])
def test_a_scheduled_event_without_a_time_is_refused(time: object) -> None:
    with pytest.raises(InvalidInput, match="scheduledTime"):
        scheduled({**SCHEDULED, "scheduledTime": time})
    assert executions() == []


@pytest.mark.parametrize("raw", [None, [], {"sourceInstanceId": "i-1"}])
def test_a_scheduled_event_with_a_wrong_input_is_refused(raw: object) -> None:
    with pytest.raises(InvalidInput):
        scheduled({**SCHEDULED, "sourceInstanceId": "i-0123456789abcdef0", "input": raw})


def test_a_stack_without_a_default_group_leaves_the_variable_empty(state_machine: str) -> None:
    with pytest.raises(InvalidInput, match="autoScalingGroupName: is required: the stack has no"):
        start.start({"sourceInstanceId": "i-0123456789abcdef0"})
    assert start.start(SMALLEST).execution_arn.startswith(
        f"{state_machine.replace(':stateMachine:', ':execution:')}:"
    )
