"""An answer is in the row first, and one answer is all that a request takes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from golden_image.approval import answers, commands, rows
from golden_image.errors import (
    AlreadyAnswered,
    GoldenImageError,
    InvalidInput,
    NotWaitingForApproval,
    RunSettled,
)
from golden_image.model.approval import Answer, Question
from tests.unit.account import LEDGER, OTHER_RUN, RUN

if TYPE_CHECKING:
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("row")

QUESTION = Question("image", "2026-11-29T09:00:00+00:00", "2026-11-30T09:00:00+00:00", ("image: a -> b",))
ALICE, BOB = (f"arn:aws:iam::123456789012:user/{name}" for name in ("alice", "bob"))
TOKEN = "AQCkAAAAKgAAAAMAAAAAAAAAAe"


def give(approved: bool = True, by: str = ALICE, reason: object = "it is fine", **more: Any) -> Answer:
    return answers.give(RUN, approved=approved, by=by, reason=reason, **more)[1]


def sent(account: Account) -> list[dict[str, Any]]:
    return account.calls("SendTaskSuccess", "SendTaskFailure")


def over(account: Account, code: str = "TaskTimedOut") -> None:
    """Let Step Functions say that the token's task is over."""
    fault = {"service": "stepfunctions", "when": "before", "effect": "error", "code": code, "status": 400}
    actions = ("SendTaskSuccess", "SendTaskFailure")
    account.faults(*({**fault, "action": action, "times": None} for action in actions))


def mark(account: Account, name: str) -> None:
    account.client("dynamodb").update_item(
        TableName=LEDGER,
        Key={"pk": {"S": f"run#{RUN}"}},
        UpdateExpression=f"SET {name} = :true",
        ExpressionAttributeValues={":true": {"BOOL": True}},
    )


def test_an_approval_sends_who_when_and_why(account: Account) -> None:
    rows.ask(RUN, QUESTION, TOKEN)

    given = give(reason="  it is fine ")

    assert (given.at, given.approved, given.by, given.reason) == ("image", True, ALICE, "it is fine")
    [call] = sent(account)
    assert call["taskToken"] == TOKEN
    assert json.loads(call["output"]) == {
        "at": "image",
        "approved": True,
        "by": ALICE,
        "reason": "it is fine",
        "answeredAt": given.answered_at,
    }


def test_a_rejection_fails_the_task_by_its_name_with_who_and_why(account: Account) -> None:
    rows.ask(RUN, QUESTION, TOKEN)

    give(approved=False, reason="not on a Friday")

    [call] = sent(account)
    assert call["error"] == "ApprovalRejected"
    assert call["cause"].startswith(f"image was rejected by {ALICE} at ")
    assert call["cause"].endswith(": not on a Friday")


def test_a_run_that_has_asked_nothing_takes_no_answer(account: Account) -> None:
    with pytest.raises(NotWaitingForApproval):
        give()
    with pytest.raises(NotWaitingForApproval):
        answers.give(OTHER_RUN, approved=True, by=ALICE, reason="no such run")
    assert sent(account) == []


@pytest.mark.parametrize("name", ["undoing", "committed"])
def test_a_run_that_is_over_takes_no_answer_and_asks_nothing(account: Account, name: str) -> None:
    rows.ask(RUN, QUESTION, TOKEN)
    asked = rows.find(RUN)
    assert asked
    mark(account, name)

    with pytest.raises(NotWaitingForApproval):
        give()
    with pytest.raises(RunSettled):
        rows.ask(RUN, QUESTION, "another token")
    # In the moment between the look and the answer.
    assert rows.answer(RUN, asked, Answer("image", True, ALICE, "late", "now")) is None
    assert sent(account) == []


def test_an_answer_to_another_question_is_refused(account: Account) -> None:
    rows.ask(RUN, replace(QUESTION, at="checkpoint-50"), TOKEN)

    with pytest.raises(NotWaitingForApproval, match="checkpoint-50"):
        give(at="image")

    assert sent(account) == []
    assert give(at="checkpoint-50").at == "checkpoint-50"


def test_an_answer_to_the_question_before_is_not_one_to_the_next() -> None:
    rows.ask(RUN, QUESTION, TOKEN)
    before = rows.find(RUN)
    assert before
    rows.ask(RUN, replace(QUESTION, at="checkpoint-50"), "the next token")

    assert rows.answer(RUN, before, Answer("image", True, ALICE, "late", "now")) is None
    found = rows.find(RUN)
    assert found
    assert found.answer is None


def test_the_same_token_again_keeps_the_answer_and_a_new_one_forgets_it() -> None:
    rows.ask(RUN, QUESTION, TOKEN)
    given = give()

    rows.ask(RUN, QUESTION, TOKEN)
    kept = rows.find(RUN)
    rows.ask(RUN, QUESTION, "the token of the next attempt")
    asked = rows.find(RUN)

    assert kept
    assert kept.answer == given
    assert asked
    assert asked.answer is None


@pytest.mark.parametrize("approved", [True, False])
def test_somebody_else_is_told_the_first_answer_and_sends_nothing(account: Account, approved: bool) -> None:
    rows.ask(RUN, QUESTION, TOKEN)
    give()

    with pytest.raises(AlreadyAnswered, match=r"approved by arn:\S+alice at .*: it is fine"):
        give(approved=approved, by=BOB)

    assert len(sent(account)) == 1


def test_who_changes_their_mind_is_too_late(account: Account) -> None:
    rows.ask(RUN, QUESTION, TOKEN)
    give()

    with pytest.raises(AlreadyAnswered):
        give(approved=False)

    assert len(sent(account)) == 1


def test_the_same_answer_again_sends_the_first_one_where_it_was_not_sent(account: Account) -> None:
    rows.ask(RUN, QUESTION, TOKEN)
    over(account, "ServiceUnavailable")
    with pytest.raises(ClientError):
        give()
    account.faults()

    assert give(reason="once more").reason == "it is fine"

    assert json.loads(sent(account)[-1]["output"])["reason"] == "it is fine"


def test_the_same_answer_again_is_told_that_the_first_has_arrived(account: Account) -> None:
    rows.ask(RUN, QUESTION, TOKEN)
    give()
    over(account)

    with pytest.raises(AlreadyAnswered, match="alice"):
        give()


def test_an_answer_whose_giver_is_long_gone_is_sent_by_anybody_s(account: Account) -> None:
    rows.ask(RUN, QUESTION, TOKEN)
    asked = rows.find(RUN)
    assert asked
    long_ago = (datetime.now(UTC) - timedelta(seconds=61)).isoformat()
    rows.answer(RUN, asked, Answer("image", True, ALICE, "I am gone", long_ago))

    with pytest.raises(AlreadyAnswered, match="I am gone"):
        give(approved=False, by=BOB)

    assert [json.loads(call["output"])["by"] for call in sent(account)] == [ALICE]


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
@pytest.mark.parametrize("approved", [True, False])
def test_an_answer_to_a_task_that_is_over_is_late(account: Account, code: str, approved: bool) -> None:
    rows.ask(RUN, QUESTION, TOKEN)
    over(account, code)

    with pytest.raises(NotWaitingForApproval, match="no longer"):
        give(approved=approved)


@pytest.mark.parametrize("reason", [None, 7, "", " \n", "x" * 1001, "\ud800"])
def test_a_reason_is_text_of_some_length(account: Account, reason: object) -> None:
    rows.ask(RUN, QUESTION, TOKEN)

    with pytest.raises(InvalidInput) as refused:
        give(reason=reason)

    assert [error.field for error in refused.value.fields] == ["reason"]
    assert str(refused.value).encode()
    assert sent(account) == []


def test_a_command_answers_without_a_name(account: Account) -> None:
    rows.ask(RUN, QUESTION, TOKEN)

    taken = commands.give(RUN, "reject", "by the CLI", "image")

    assert (taken.approved, taken.by) == (
        False,
        "a caller of AnswerApprovalFunction, whom Lambda does not name",
    )
    assert len(sent(account)) == 1


@pytest.mark.parametrize(
    ("run", "answer", "field"),
    [
        (None, "approve", "run"),
        ("web-1", "approve", "run"),
        (RUN, "yes", "answer"),
        (RUN, ["approve"], "answer"),
    ],
)
def test_a_wrong_command_is_refused_by_its_field(run: object, answer: object, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        commands.give(run, answer, "a reason", None)

    assert [error.field for error in refused.value.fields] == [field]


def test_no_error_has_the_token(account: Account) -> None:
    rows.ask(RUN, QUESTION, TOKEN)
    quoting = {"service": "stepfunctions", "action": "SendTaskSuccess", "when": "before", "effect": "error"}
    told: list[str] = []
    for code in ("InvalidToken", "AccessDeniedException", "ValidationException"):
        account.faults({**quoting, "code": code, "message": f"Invalid Token: '{TOKEN}'", "status": 400})
        try:
            give()
        except (GoldenImageError, ClientError) as error:
            told.append(str(error))

    assert len(told) == 3
    assert TOKEN not in "".join(told)
