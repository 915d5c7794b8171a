"""Answers that come straight to a function, as by `aws lambda invoke`, which does not say from whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image.approval import answers
from golden_image.errors import FieldError, InvalidInput

if TYPE_CHECKING:
    from golden_image.model.approval import Answer

_CALLER = "a caller of AnswerApprovalFunction, whom Lambda does not name"
_VERDICTS = {"approve": True, "reject": False}


def give(run: object, answer: object, reason: object, at: object) -> Answer:
    """Answer what a run waits for; the answer that it has now.

    Args:
        run: the execution's ARN.
        answer: `approve` or `reject`.
        reason, at: as in answers.give.

    Raises:
        InvalidInput: a field is wrong.
        NotWaitingForApproval, AlreadyAnswered: see answers.give.
    """
    if not isinstance(run, str) or ":execution:" not in run:
        raise InvalidInput([FieldError("run", "must be the ARN of a run, as its message has it")])
    if not isinstance(answer, str) or answer not in _VERDICTS:
        raise InvalidInput([FieldError("answer", f"must be one of {', '.join(_VERDICTS)}")])
    _, taken = answers.give(run, approved=_VERDICTS[answer], by=_CALLER, reason=reason, at=at)
    return taken
