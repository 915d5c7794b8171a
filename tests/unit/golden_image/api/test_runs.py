from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from golden_image import aws
from golden_image.api import runs, start
from golden_image.errors import InvalidInput, RunNotFound, RunOver
from tests.unit.api_calls import end
from tests.unit.inputs import SMALLEST

pytestmark = pytest.mark.usefixtures("state_machine")


def test_runs_are_listed_page_by_page() -> None:
    started = {start.start(SMALLEST).name for _ in range(5)}
    first = runs.page(limit=3)
    second = runs.page(limit=3, next_token=first.next_token)
    assert [len(first.runs), len(second.runs)] == [3, 2]
    assert {run.name for page in (first, second) for run in page.runs} == started
    assert second.next_token is None


def test_runs_are_listed_by_status() -> None:
    ended, under_way = start.start(SMALLEST).name, start.start(SMALLEST).name
    end(ended, "FAILED")
    assert [run.name for run in runs.page(status="FAILED").runs] == [ended]
    assert [run.name for run in runs.page(status="RUNNING").runs] == [under_way]


def test_a_token_that_no_page_gave_is_refused() -> None:
    with pytest.raises(InvalidInput, match="nextToken"):
        runs.page(next_token="made up")


def test_a_failed_run_shows_its_error_and_cause() -> None:
    name = start.start(SMALLEST).name
    end(name, "FAILED", error="ImageFailed", cause="Client.InternalError")
    described = runs.describe(name)
    assert (described.status, described.error, described.cause) == (
        "FAILED",
        "ImageFailed",
        "Client.InternalError",
    )
    assert (described.state, described.output) == (None, None)


def test_a_run_under_way_shows_its_state() -> None:
    assert runs.describe(start.start(SMALLEST).name).state == "A State"


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
    state_machine: str, of_child: list[dict[str, Any]], state: str, progress: str | None
) -> None:
    own, child = runs.arn("web"), "arn:aws:states:us-east-1:123456789012:execution:o:1"
    task = {"resourceType": "states", "resource": "startExecution.sync:2"}
    submitted = {"taskSubmittedEventDetails": task | {"output": json.dumps({"ExecutionArn": child})}}
    entered = {"stateEnteredEventDetails": {"name": "Roll Out"}}
    execution = {
        "executionArn": own,
        "stateMachineArn": state_machine,
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
        described = runs.describe("web")

    assert (described.state, described.progress) == (state, progress)


@pytest.mark.parametrize("name", ["unknown", "", "a:b", "a/b", "a b", "*", "x" * 81, "\ud800"])
def test_a_name_of_no_run_is_not_found(name: str) -> None:
    with pytest.raises(RunNotFound):
        runs.describe(name)
    with pytest.raises(RunNotFound):
        runs.stop(name)


def test_a_stopped_run_is_aborted() -> None:
    name = start.start(SMALLEST).name
    stopped = runs.stop(name)
    assert (stopped.status, stopped.error) == ("ABORTED", "Stopped")
    assert stopped.stopped_at
    assert runs.describe(name).status == "ABORTED"


def test_a_run_that_is_over_cannot_be_stopped() -> None:
    name = start.start(SMALLEST).name
    end(name, "SUCCEEDED")
    with pytest.raises(RunOver, match="SUCCEEDED"):
        runs.stop(name)
