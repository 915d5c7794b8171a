"""The routes that answer a request for approval, and what a run that waits shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws
from golden_image.api import approvals, runs, start
from golden_image.approval import rows
from golden_image.errors import InvalidInput, NotWaitingForApproval, RunNotFound
from golden_image.model.approval import Question
from handlers.api import approve_run, describe_run, reject_run
from tests.unit.account import LEDGER
from tests.unit.api_calls import body_of, end, proxy_event
from tests.unit.inputs import SMALLEST

if TYPE_CHECKING:
    from tests.unit.conftest import Context

pytestmark = pytest.mark.usefixtures("state_machine")

QUESTION = Question("image", "2026-11-29T09:00:00+00:00", "2026-11-30T09:00:00+00:00", ("image: a -> b",))
OPS = "arn:aws:sts::123456789012:assumed-role/Operators/ops"


@pytest.fixture
def waiting() -> str:
    """The name of a run that waits."""
    run = start.start(SMALLEST)
    aws.client("dynamodb").put_item(TableName=LEDGER, Item={"pk": {"S": f"run#{run.execution_arn}"}})
    rows.ask(run.execution_arn, QUESTION, "the token")
    return run.name


def event(name: str, run: str, **more: Any) -> dict[str, Any]:
    return {**proxy_event(name), "pathParameters": {"name": run}, **more}


@pytest.mark.parametrize(("handler", "approved"), [(approve_run, True), (reject_run, False)])
def test_an_answer_is_the_caller_s(waiting: str, context: Context, handler: Any, approved: bool) -> None:
    name = "approve-refresh" if approved else "reject-refresh"

    answer = handler.handler(event(name, waiting), context)

    assert answer["statusCode"] == 200
    body = body_of(answer, "Refresh")
    assert body["approval"]["answer"]["approved"] is approved
    assert body["approval"]["answer"]["by"] == OPS
    assert body["approval"]["changes"] == ["image: a -> b"]
    assert "the token" not in answer["body"]


def test_a_second_answer_gets_409_and_an_unknown_run_404(waiting: str, context: Context) -> None:
    approve_run.handler(event("approve-refresh", waiting), context)

    late = reject_run.handler(event("reject-refresh", waiting), context)
    lost = reject_run.handler(event("reject-refresh", "never-started"), context)

    assert (late["statusCode"], json.loads(late["body"])["error"]) == (409, "AlreadyAnswered")
    assert (lost["statusCode"], json.loads(lost["body"])["error"]) == (404, "RunNotFound")


def test_a_run_that_has_ended_takes_no_answer(waiting: str) -> None:
    end(waiting, "FAILED")

    with pytest.raises(NotWaitingForApproval, match="FAILED"):
        approvals.give(waiting, {"reason": "late"}, OPS, approved=True)


@pytest.mark.parametrize(
    "body", [None, [], "yes", {}, {"reason": "x", "token": "y"}, {"reason": "x", "at": 7}]
)
def test_a_wrong_body_is_refused(waiting: str, body: object) -> None:
    with pytest.raises(InvalidInput):
        approvals.give(waiting, body, OPS, approved=True)


def test_an_unknown_run_is_not_found() -> None:
    with pytest.raises(RunNotFound):
        approvals.give("never-started", {"reason": "x"}, OPS, approved=True)


def test_a_caller_without_an_arn_is_said_to_have_none(waiting: str, context: Context) -> None:
    answer = approve_run.handler(event("approve-refresh", waiting, requestContext={}), context)

    assert body_of(answer, "Refresh")["approval"]["answer"]["by"].startswith("a caller whom API Gateway")


@pytest.mark.parametrize(
    ("state", "shown"),
    [("Request Approval", True), ("Request Checkpoint Approval", True), ("Roll Out", False)],
)
def test_a_run_shows_what_it_waits_for_while_it_does(
    waiting: str, context: Context, monkeypatch: pytest.MonkeyPatch, state: str, shown: bool
) -> None:
    monkeypatch.setattr(runs, "newest_state", lambda _events: state)

    answer = describe_run.handler(event("get-refresh", waiting), context)

    body = body_of(answer, "Refresh")
    assert body.get("approval") == (
        {"at": "image", "since": QUESTION.since, "until": QUESTION.until, "changes": ["image: a -> b"]}
        if shown
        else None
    )
    assert "the token" not in answer["body"]
