"""The start of an undo: claims the run, so that it can no longer commit, and stops its children."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.run import children, ledger

# The functions' time-out in seconds: so long a handler may outlive the execution that called it.
_OUTLIVES = 60
# How an execution ends that has not waited for its handlers.
_CUT_OFF = {"ABORTED", "TIMED_OUT"}


@dataclass(frozen=True)
class Beginning:
    """The answer of Begin Undo.

    Attributes:
        undo: False if there is nothing to undo: the run is committed, or has no row.
        wait_seconds: how long the last call of the run may still have its effect.
    """

    undo: bool
    wait_seconds: int


def begin(run: str, ended: bool) -> Beginning:
    """Claim the run for its undo, and stop its children.

    A run that is open has called the undo itself, after its last handler ended. A run that is over, or a
    child, may have been cut off: then a handler may work on until its own time-out. It could change a group
    that was given back already, or launch a canary, so the undo waits for it.

    Args:
        run: the execution's ARN.
        ended: whether the run is over.
    """
    if not ledger.claim_undo(run):
        return Beginning(undo=False, wait_seconds=0)
    cut_off = [_stop(arn) for arn in children.of_run(run)]
    return Beginning(undo=True, wait_seconds=_OUTLIVES if ended or any(cut_off) else 0)


def _stop(arn: str) -> bool:
    """Stop an execution that the run has started; whether it was cut off, now or before."""
    execution = children.find(arn)
    if execution is None:
        return False
    if execution["status"] == "RUNNING":
        _stop_execution(arn)
        return True
    return execution["status"] in _CUT_OFF


def _stop_execution(arn: str) -> None:
    try:
        aws.client("stepfunctions").stop_execution(
            executionArn=arn, error="Undone", cause="The run is being undone"
        )
    except ClientError as error:
        # It has ended meanwhile.
        if aws.code(error) != "ValidationException":
            raise
