"""The question in a run's row of the ledger, with its task token, and the answer to it.

The token is in the row's `approvalToken` and nowhere else. `approval` is the question and `approvalAnswer`
the answer, both as JSON. A new question takes the place of the one before and its answer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golden_image import events
from golden_image.model.approval import Answer, Question
from golden_image.run import changes, table

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPEN = "attribute_exists(pk) AND attribute_not_exists(committed) AND attribute_not_exists(undoing)"


@dataclass(frozen=True)
class Asked:
    """A question of a run that can still be answered, with its token; `answer` is None until it has one."""

    question: Question
    token: str
    answer: Answer | None


def ask(run: str, question: Question, token: str) -> None:
    """Note a question. The same token again changes nothing: it may have been answered meanwhile.

    Raises:
        RunSettled: the run is over or being undone.
    """
    noted = table.update(
        table.RUN + run,
        UpdateExpression="SET approval = :question, approvalToken = :token REMOVE approvalAnswer",
        ConditionExpression=f"{_OPEN} AND (attribute_not_exists(approvalToken) OR approvalToken <> :token)",
        ExpressionAttributeValues={":question": _text(question), ":token": {"S": token}},
    )
    if noted is None:
        changes.refuse_settled(run)


def find(run: str) -> Asked | None:
    """The newest question of a run; None where it has none, or is over or being undone."""
    row = table.get(table.RUN + run)
    if "approval" not in row or row.keys() & {"committed", "undoing"}:
        return None
    return Asked(
        question=events.from_event(Question, json.loads(row["approval"]["S"])),
        token=row["approvalToken"]["S"],
        answer=_answer(row),
    )


def answer(run: str, asked: Asked, given: Answer) -> Answer | None:
    """Note an answer to a question, unless it has one: the answer that it has now.

    None where the question is no longer the run's, or the run is over or being undone.
    """
    noted = table.update(
        table.RUN + run,
        UpdateExpression="SET approvalAnswer = if_not_exists(approvalAnswer, :answer)",
        ConditionExpression=f"{_OPEN} AND approvalToken = :token",
        ExpressionAttributeValues={":answer": _text(given), ":token": {"S": asked.token}},
        ReturnValues="ALL_NEW",
    )
    return _answer(noted) if noted else None


def _answer(row: Mapping[str, Any]) -> Answer | None:
    if "approvalAnswer" not in row:
        return None
    return events.from_event(Answer, json.loads(row["approvalAnswer"]["S"]))


def _text(value: object) -> dict[str, str]:
    return {"S": json.dumps(events.to_event(value), ensure_ascii=False)}
