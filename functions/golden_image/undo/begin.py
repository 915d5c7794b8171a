"""The start of an undo: claims the run, so that it can no longer commit, and stops its rollout."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.exceptions import ClientError

from golden_image import aws, polling
from golden_image.run import children, ledger
from golden_image.settings import Settings

# The functions' time-out in seconds: so long a handler may outlive the execution that called it.
_OUTLIVES = 60
# How an execution ends that has not waited for its handlers.
_CUT_OFF = {"ABORTED", "TIMED_OUT"}


@dataclass(frozen=True)
class Beginning:
    """The answer of Begin Undo.

    Attributes:
        undo: False where there is nothing to undo: the run is committed, or has no row.
        settle_seconds: how long the passes go on after the beginning, even if they find nothing.
    """

    undo: bool
    settle_seconds: int


def begin(run: str, ended: bool) -> Beginning:
    """Claim the run for its undo, and stop its rollout.

    A run that is under way has called the undo itself, after the end of its last handler. A run that has
    ended, or its rollout, may have been cut off: a handler of it may be at work until its own time-out.

    Args:
        run: the execution's ARN.
        ended: the run is over.
    """
    if not ledger.claim_undo(run):
        return Beginning(undo=False, settle_seconds=0)
    cut_off = _stop_roll_out(run) or ended
    return Beginning(undo=True, settle_seconds=polling.SETTLED_AFTER + (_OUTLIVES if cut_off else 0))


def _stop_roll_out(run: str) -> bool:
    """Stop the run's rollout; whether it was cut off, now or before."""
    arn = children.execution_arn(Settings.from_env().roll_out_arn, children.child_name(run, "roll-out", 1))
    execution = children.find(arn)
    if execution is None:
        return False
    if execution["status"] == "RUNNING":
        _stop(arn)
        return True
    return execution["status"] in _CUT_OFF


def _stop(arn: str) -> None:
    try:
        aws.client("stepfunctions").stop_execution(
            executionArn=arn, error="Undone", cause="The run is being undone"
        )
    except ClientError as error:
        # It has ended meanwhile.
        if aws.code(error) != "ValidationException":
            raise
