"""Answers of AWS that were lost on the way: what was asked for may have been done."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, LoginRefreshRequired

from golden_image_cli import refusals, rest, runs
from golden_image_cli.problems import AWS_REFUSED, Problem
from golden_image_cli.sdk import Account, Sandbox
from golden_image_cli.stack import Stack
from golden_image_cli.verbs import operating
from tests.cli.test_newest import MACHINE, StepFunctions, execution

NOBODY = "http://127.0.0.1:9"


def refused(code: str, status: int) -> ClientError:
    told: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "StartExecution")


class AlreadyExists(ClientError): ...


class Losing(StepFunctions):
    """Starts the run, and then answers with an error."""

    exceptions = SimpleNamespace(**vars(StepFunctions.exceptions), ExecutionAlreadyExists=AlreadyExists)

    def __init__(self, error: Exception) -> None:
        super().__init__([])
        self.error = error

    def start_execution(self, **query: str) -> Any:
        self.executions.append(execution(query["name"], "FAILED"))
        raise self.error


def started(error: Exception) -> runs.Run:
    account = Account(_clients={"stepfunctions": Losing(error)})
    stack = Stack("web", account, known={"StateMachineArn": MACHINE})
    return runs.start(stack, {"autoScalingGroupName": "web"})


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack whose API nobody answers for."""
    monkeypatch.setattr(rest, "_PAUSE_SECONDS", 0)
    account = Account(region="eu-west-1", sandbox=Sandbox(NOBODY, NOBODY))
    return Stack("web", account, known={"StateMachineArn": MACHINE, "ApiUrl": NOBODY})


def test_a_run_that_is_over_before_its_start_is_asked_for_again_is_the_run() -> None:
    assert started(AlreadyExists({}, "StartExecution")).status == "FAILED"


@pytest.mark.parametrize(
    "error", [EndpointConnectionError(endpoint_url=NOBODY), refused("InternalFailure", 500)]
)
def test_a_start_without_an_answer_names_the_run_that_may_go_on(error: Exception) -> None:
    with pytest.raises(Problem, match=r"golden-image show web-\S+ --stack web") as told:
        started(error)
    assert told.value.exit_code == AWS_REFUSED


def test_a_start_that_is_refused_has_begun_nothing() -> None:
    with pytest.raises(ClientError):
        started(refused("AccessDeniedException", 400))


def test_the_longest_name_of_a_dry_run_is_one_that_step_functions_takes() -> None:
    stack = Stack("web", Account(_clients={"stepfunctions": Losing(refused("InternalFailure", 500))}))
    stack.known["StateMachineArn"] = MACHINE
    with pytest.raises(Problem) as told:
        runs.start(stack, {"autoScalingGroupName": "w" * 255, "dryRun": True})
    [name] = re.findall(r"show (w+-dry-\S+)", str(told.value))
    assert len(name) == 80


def test_an_approval_without_an_answer_says_that_it_may_have_been_taken(unreachable: Stack) -> None:
    run = runs.run_of(execution("web-1", "RUNNING"))
    with pytest.raises(Problem, match=r"may have taken the answer.*golden-image show web-1") as told:
        operating._given(unreachable, run, "image", "good", approved=True)
    assert told.value.exit_code == AWS_REFUSED


def test_an_api_that_cannot_be_reached_is_tried_again(
    unreachable: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, send = [], rest._send
    monkeypatch.setattr(rest, "_send", lambda *call: (sent.append(call), send(*call)))
    with pytest.raises(BotoCoreError):
        rest.call(unreachable, "GET", "/generations")
    assert len(sent) == 4


def test_credentials_of_aws_login_that_have_expired_are_waited_for() -> None:
    assert "Sign in" in str(refusals.passing_trouble(LoginRefreshRequired()))
