"""The approval of a run: when it is asked for, what is asked, what was answered."""

from __future__ import annotations

from dataclasses import dataclass

# Before the group is touched, once the image and the launch template version are there.
IMAGE = "image"
# Each stage of a rolling rollout that ends below 100%.
CHECKPOINT = "checkpoint"
# Seconds that each request for approval waits where the input states none.
USUAL_TIMEOUT = 86_400
# Characters of the reason that an answer gives.
LONGEST_REASON = 1000


@dataclass(frozen=True)
class ApprovalPlan:
    """When a run asks for approval.

    Attributes:
        at: IMAGE, CHECKPOINT, both, or nothing.
        timeout: seconds that each request waits for its answer.
    """

    at: tuple[str, ...] = ()
    timeout: int = USUAL_TIMEOUT


NEVER = ApprovalPlan()


@dataclass(frozen=True)
class Question:
    """What a run waits for. Times are ISO 8601 in UTC.

    Attributes:
        at: `image`, or a checkpoint with its percentage: `checkpoint-50`.
        changes: what is about to change, a line each.
    """

    at: str
    since: str
    until: str
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """Who has answered a question, how, when and why.

    Attributes:
        by: the caller's ARN, or what is known instead.
    """

    at: str
    approved: bool
    by: str
    reason: str
    answered_at: str
