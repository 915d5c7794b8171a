"""The answer to a run's request for approval: in the run's row first, then to Step Functions.

The row takes one answer, so of two people who answer in the same moment one is told of the other. Who dies
between the two has answered, and Step Functions does not know it: the same answer again, or any answer when
the first one can no longer be on its way, tells it.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws, events
from golden_image.approval import rows
from golden_image.errors import (
    AlreadyAnswered,
    ApprovalRejected,
    FieldError,
    InvalidInput,
    NotWaitingForApproval,
)
from golden_image.model.approval import LONGEST_REASON, Answer

if TYPE_CHECKING:
    from golden_image.approval.rows import Asked
    from golden_image.model.approval import Question

# The functions' time-out in seconds.
_LASTS = 60
# What Step Functions says of a token whose task is over.
_OVER = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}


def give(run: str, *, approved: bool, by: str, reason: object, at: object = None) -> tuple[Question, Answer]:
    """Answer what a run waits for; the question and the answer that it has now.

    Args:
        run: the execution's ARN.
        by: who answers.
        reason: why, for the run's output or its cause.
        at: what the caller has been asked for, such as `checkpoint-50`; None for whatever it is now.

    Raises:
        InvalidInput: the reason, or `at`, is no text, is blank, or is too long.
        NotWaitingForApproval: the run waits for no approval, or not for this one, or no longer.
        AlreadyAnswered: somebody has answered; or the same caller, otherwise or before.
    """
    _check(reason=reason, **({} if at is None else {"at": at}))
    asked = _asked(run, at)
    given = Answer(
        at=asked.question.at,
        approved=approved,
        by=by,
        reason=str(reason).strip(),
        answered_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )
    taken = rows.answer(run, asked, given)
    if taken is None:
        raise NotWaitingForApproval(f"{run} ended, or went on, while it was being answered.")
    same = (taken.by, taken.approved) == (by, approved)
    if (same or _is_old(taken)) and _tell(asked.token, taken) and same:
        return asked.question, taken
    if taken == given:
        raise NotWaitingForApproval(
            f"{run} no longer waits for the approval of {given.at}: it was stopped, ran out of time, or got "
            "the same answer by another request."
        )
    verb = "approved" if taken.approved else "rejected"
    raise AlreadyAnswered(
        f"{taken.at} of {run} was {verb} by {taken.by} at {taken.answered_at}: {taken.reason}"
    )


def _is_old(answer: Answer) -> bool:
    """Whether the function that has noted it is over, whether or not it has told Step Functions."""
    return (datetime.now(UTC) - datetime.fromisoformat(answer.answered_at)).total_seconds() > _LASTS


def _asked(run: str, at: object) -> Asked:
    """What the run has asked for last, where that is what the caller means."""
    asked = rows.find(run)
    if asked is None:
        raise NotWaitingForApproval(f"{run} does not wait for an approval.")
    if at is not None and at != asked.question.at:
        raise NotWaitingForApproval(
            f"{run} does not wait for the approval of {at}: the newest that it has asked for is that of "
            f"{asked.question.at}."
        )
    return asked


def _check(**texts: object) -> None:
    wrong = []
    for field, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            wrong.append(FieldError(field, "is required: a text that is not blank"))
        elif len(text) > LONGEST_REASON or any("\ud800" <= letter <= "\udfff" for letter in text):
            wrong.append(FieldError(field, f"must be at most {LONGEST_REASON} characters of Unicode"))
    if wrong:
        raise InvalidInput(wrong)


def _tell(token: str, answer: Answer) -> bool:
    """Tell Step Functions; False where the task that waited is over."""
    steps = aws.client("stepfunctions")
    try:
        if answer.approved:
            steps.send_task_success(taskToken=token, output=json.dumps(events.to_event(answer)))
        else:
            failure = ApprovalRejected(
                f"{answer.at} was rejected by {answer.by} at {answer.answered_at}: {answer.reason}"
            )
            steps.send_task_failure(taskToken=token, error=type(failure).__name__, cause=str(failure))
    except ClientError as error:
        if aws.code(error) not in _OVER:
            raise
        return False
    return True
