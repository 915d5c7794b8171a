"""The approvals of runs, as callers of the API see and give them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from golden_image.api import runs
from golden_image.api.executions import run_of
from golden_image.approval import answers, rows
from golden_image.errors import FieldError, InvalidInput, NotWaitingForApproval
from golden_image.events import to_event

if TYPE_CHECKING:
    from golden_image.api.executions import Run
    from golden_image.model.approval import Answer, Question

# The states that wait for an answer.
_ASKING = {"Request Approval", "Request Checkpoint Approval"}
_FIELDS = ("reason", "at")
_NOBODY = "a caller whom API Gateway does not name"


def describe(name: str) -> Run:
    """A run with what `runs.describe` tells, and what it waits for people to approve.

    Raises:
        RunNotFound: there is no run of that name.
    """
    run = runs.describe(name)
    asked = rows.find(run.execution_arn) if run.state in _ASKING else None
    return replace(run, approval=_told(asked.question, asked.answer)) if asked else run


def give(name: str, body: object, caller: str | None, *, approved: bool) -> Run:
    """Answer what a run waits for.

    Args:
        body: the request's: `reason`, and `at` where the caller means one request for approval alone.
        caller: the ARN of who answers; None where it is not known.

    Raises:
        InvalidInput: from the body.
        RunNotFound: there is no run of that name.
        NotWaitingForApproval, AlreadyAnswered: see answers.give.
    """
    if not isinstance(body, dict):
        raise InvalidInput([FieldError("", "the body must be an object with a reason")])
    if unknown := sorted(map(str, body.keys() - set(_FIELDS))):
        known = f"is not a field; known: {', '.join(_FIELDS)}"
        raise InvalidInput([FieldError(field[:200], known) for field in unknown])
    found = runs.execution(name)
    if found["status"] != "RUNNING":
        raise NotWaitingForApproval(f"{name} has already ended: {found['status']}")
    question, answer = answers.give(
        found["executionArn"],
        approved=approved,
        by=caller or _NOBODY,
        reason=body.get("reason"),
        at=body.get("at"),
    )
    return replace(run_of(found), approval=_told(question, answer))


def _told(question: Question, answer: Answer | None) -> dict[str, Any]:
    """The question, and its answer once there is one; never the token."""
    return {**to_event(question), **({"answer": to_event(answer)} if answer else {})}
