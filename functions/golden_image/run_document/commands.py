"""The command that runs a document on an instance: sent once, waited for, cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws, polling
from golden_image.errors import CanaryFailed, CanaryTimedOut, PrepareFailed, PrepareTimedOut, SourceNotFound
from golden_image.model.check import Check
from golden_image.model.document import CANARY
from golden_image.model.source import RUNNING
from golden_image.run import changes
from golden_image.run_document import output, sent
from golden_image.source import facts

if TYPE_CHECKING:
    from mypy_boto3_ssm.type_defs import CommandInvocationTypeDef

    from golden_image.errors import GoldenImageError
    from golden_image.model.document import Job

# What SSM takes as the time in which a command has to begin, in seconds.
_LEAST_DELIVERY, _MOST_DELIVERY = 30, 2_592_000
# What SSM says of a document, or of parameters that it does not take.
_REFUSED = {
    "InvalidDocument",
    "InvalidDocumentVersion",
    "InvalidParameters",
    "MaxDocumentSizeExceeded",
    "UnsupportedPlatformType",
}


@dataclass(frozen=True)
class CommandCheck(Check):
    """A check of a command, with its id; None while the instance takes none."""

    command_id: str | None


def _failed(job: Job, message: str) -> GoldenImageError:
    return CanaryFailed(message) if job.purpose == CANARY else PrepareFailed(message)


def _timed_out(job: Job, message: str) -> GoldenImageError:
    return CanaryTimedOut(message) if job.purpose == CANARY else PrepareTimedOut(message)


def send(run: str, job: Job, limit: int) -> str | None:
    """Send the command, or find the one that a lost try has sent; its id.

    None where the instance takes no command yet: its agent reports some time after its start.

    Args:
        limit: seconds in which the command has to begin.

    Raises:
        PrepareFailed, CanaryFailed: the instance is not running, or SSM refuses document or parameters.
        RunSettled: the run is being undone, or over.
    """
    of_run = changes.refuse_settled(run)
    if before := sent.find(run, job, of_run):
        return before
    sent.note_try(run, job, of_run)
    try:
        answer = aws.ssm_once().send_command(
            InstanceIds=[job.instance_id],
            DocumentName=job.document,
            Parameters=job.parameters,
            Comment=sent.comment(run, job),
            TimeoutSeconds=min(max(limit, _LEAST_DELIVERY), _MOST_DELIVERY),
        )
    except ClientError as error:
        if aws.code(error) == "InvalidInstanceId":
            _refuse_not_running(job)
            return None
        if aws.code(error) not in _REFUSED:
            raise
        message = error.response["Error"].get("Message", "")
        raise _failed(job, f"SSM refused {job.document}: {aws.code(error)}: {message}") from error
    command_id = answer["Command"]["CommandId"]
    sent.note(run, job, command_id)
    return command_id


def check(run: str, job: Job, command_id: str | None, waited: int, limit: int) -> CommandCheck:
    """Whether the command has succeeded; one that could not be sent yet is sent.

    Args:
        waited, limit: seconds.

    Raises:
        PrepareFailed, CanaryFailed: it has ended otherwise, with the end of its output.
        PrepareTimedOut, CanaryTimedOut: it has not ended after `limit` seconds, and was cancelled.
        RunSettled: the run is being undone, or over.
    """
    found_id = command_id or send(run, job, limit - waited)
    invocation = sent.invocation(found_id, job.instance_id) if found_id else None
    progress: str = invocation["Status"] if invocation else "not known to SSM yet"
    if progress == "Success":
        return CommandCheck(done=True, wait_seconds=0, progress=progress, command_id=found_id)
    over = waited >= limit
    # One that is cancelled at the limit was cancelled by this check, in a try whose answer was lost.
    if invocation and progress not in sent.UNDER_WAY and not (over and progress == "Cancelled"):
        raise _failed(job, _told(job, invocation))
    if found_id is None:
        progress = "the agent of the instance does not report to SSM"
    elif over:
        sent.cancel(found_id, job.instance_id)
    console = output.console(job.instance_id) if over and job.purpose == CANARY else ""
    message = f"{job.document} on {job.instance_id} has not ended after {limit} s: {progress}."
    timed_out = _timed_out(job, f"{message} {console}".rstrip())
    answer = polling.pending(job.instance_id, waited, limit, progress, timed_out)
    return CommandCheck(answer.done, answer.wait_seconds, answer.progress, found_id)


def _refuse_not_running(job: Job) -> None:
    """Raise an error where no agent will ever report; an instance may not be known everywhere yet."""
    try:
        state = facts.find(job.instance_id)["State"]["Name"]
    except SourceNotFound:
        return
    if state not in {RUNNING, "pending"}:
        raise _failed(job, f"{job.instance_id} is {state}, so that no document can be run on it.")


def _told(job: Job, invocation: CommandInvocationTypeDef) -> str:
    """How the command ended, with the end of its output; of a canary also with the end of the console's."""
    ended = f"{job.document} on {job.instance_id} ended {invocation['Status']}"
    details = invocation.get("StatusDetails", "")
    said = output.of_command(job, invocation)
    console = output.console(job.instance_id) if job.purpose == CANARY else ""
    return " ".join(filter(None, [f"{ended} ({details}).", said, console]))
