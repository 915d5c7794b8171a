"""The start of an undo: claims the run, so that it can no longer commit, and stops its children."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.exceptions import ClientError

from golden_image import aws
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
    cut_off = [_stop(run, machine, chapter) for machine, chapter in _children()]
    return Beginning(undo=True, wait_seconds=_OUTLIVES if ended or any(cut_off) else 0)


def _children() -> list[tuple[str, str]]:
    """The workflows that a run may have called, each with its chapter; a caller before what it calls."""
    return [
        (Settings.from_env().run_document_arn, children.PREPARE),
        (Settings.from_env().prove_image_arn, children.PROVE_IMAGE),
        (Settings.from_env().run_document_arn, children.CANARY),
        (Settings.from_env().roll_out_arn, children.ROLL_OUT),
    ]


def _stop(run: str, machine_arn: str, chapter: str) -> bool:
    """Stop the run's execution of a chapter; whether it was cut off, now or before."""
    arn = children.execution_arn(machine_arn, children.child_name(run, chapter, 1))
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
