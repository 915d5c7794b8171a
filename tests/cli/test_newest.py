"""Which run is meant by a RUN that is left out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from golden_image_cli import runs
from golden_image_cli.problems import WRONG_CALL, Problem
from golden_image_cli.runs import RUNNING
from golden_image_cli.sdk import Account
from golden_image_cli.stack import Stack
from tests.cli.stories import START

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:refresh"


def execution(name: str, status: str, *, dry: bool = False) -> dict[str, Any]:
    arn = f"{MACHINE.replace('stateMachine', 'execution')}:{name}"
    run_input = json.dumps({"dryRun": True} if dry else {})
    return {"executionArn": arn, "name": name, "status": status, "startDate": START, "input": run_input}


@dataclass
class StepFunctions:
    """Answers a run a page, after an empty one, as AWS may."""

    executions: list[dict[str, Any]]
    described: list[str] = field(default_factory=list)

    exceptions = SimpleNamespace(ExecutionDoesNotExist=KeyError, InvalidArn=KeyError)

    def list_executions(self, **query: str) -> dict[str, Any]:
        fitting = [one for one in self.executions if query.get("statusFilter") in {None, one["status"]}]
        page = int(query.get("nextToken", 0))
        items = [{key: one[key] for key in one if key != "input"} for one in fitting[page - 1 : page]]
        more = {"nextToken": str(page + 1)} if page < len(fitting) else {}
        return {"executions": items if page else []} | more

    def describe_execution(self, **query: str) -> dict[str, Any]:
        self.described.append(query["executionArn"].rpartition(":")[2])
        return next(one for one in self.executions if one["executionArn"] == query["executionArn"])


EXECUTIONS = [
    execution("plan-now", "RUNNING", dry=True),
    execution("open", "RUNNING"),
    execution("plan", "FAILED", dry=True),
    execution("good", "SUCCEEDED"),
    execution("bad", "FAILED"),
]


@pytest.fixture
def client() -> StepFunctions:
    return StepFunctions(EXECUTIONS)


@pytest.fixture
def stack(client: StepFunctions) -> Stack:
    account = Account(_clients={"stepfunctions": client})
    return Stack("web", account, known={"StateMachineArn": MACHINE})


def test_it_is_the_newest_that_is_no_dry_run(stack: Stack) -> None:
    assert runs.find(stack, None).name == "open"


def test_a_dry_run_that_goes_on_is_neither_watched_nor_stopped(stack: Stack) -> None:
    found = runs.going_on(stack)
    assert found is not None
    assert found.name == "open"
    assert runs.find(stack, None, runs.is_open, "run that goes on", RUNNING).name == "open"


def test_of_runs_whose_status_does_not_fit_nothing_else_is_asked(stack: Stack, client: StepFunctions) -> None:
    assert runs.find(stack, None, lambda one: one.failed and not one.dry).name == "bad"
    assert client.described == ["plan", "bad"]


def test_where_none_fits_the_call_is_wrong_and_says_how_to_list_those_that_there_are(stack: Stack) -> None:
    with pytest.raises(Problem, match=r"has no run of mine; .*golden-image list --stack web") as refused:
        runs.find(stack, None, lambda _: False, "run of mine")
    assert refused.value.exit_code == WRONG_CALL
