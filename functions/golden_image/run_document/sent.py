"""The command that a run has sent to an instance: found by the run's notes, looked at, cancelled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws, tags
from golden_image.run import made

if TYPE_CHECKING:
    from collections.abc import Collection

    from mypy_boto3_ssm.type_defs import CommandInvocationTypeDef

    from golden_image.model.document import Job
    from golden_image.model.made import Made

# The statuses in which a command may still do something.
UNDER_WAY = {"Pending", "InProgress", "Delayed", "Cancelling"}
# What SSM says of a command that it does not know, or not on that instance.
_UNKNOWN = {"InvalidCommandId", "InvalidInstanceId"}
# As ListCommands takes a time; by so much a function's clock may be ahead of SSM's.
_TIME, _CLOCKS_DIFFER = "%Y-%m-%dT%H:%M:%SZ", timedelta(minutes=1)


def comment(run: str, job: Job) -> str:
    """What tells the run's command from any other, as SendCommand takes no ClientToken; 77 characters."""
    return f"golden-image {tags.token(run, f'command for {job.purpose}')}"


def note_try(run: str, job: Job, of_run: Made) -> None:
    """Note that a command is about to be sent, unless an earlier try has: its answer may be lost.

    Args:
        of_run: what the run's calls have answered so far.
    """
    if not _of_purpose(of_run.command_tries, job):
        made.note(run, made.COMMAND_TRIES, [f"{job.purpose}/{datetime.now(UTC):{_TIME}}"])


def note(run: str, job: Job, command_id: str) -> None:
    """Note the command that SSM has taken."""
    made.note(run, made.COMMANDS, [f"{job.purpose}/{command_id}"])


def find(run: str, job: Job, of_run: Made) -> str | None:
    """The id of the run's command; None where there is none.

    One whose answer was lost is found by its comment, among all since its first try: ListCommands shows none
    of an instance that has not reached it.

    Args:
        of_run: what the run's calls have answered so far.
    """
    if noted := _of_purpose(of_run.commands, job):
        return noted[0]
    tries = _of_purpose(of_run.command_tries, job)
    if not tries:
        return None
    since = datetime.fromisoformat(tries[0]) - _CLOCKS_DIFFER
    pages = (
        aws.client("ssm")
        .get_paginator("list_commands")
        .paginate(Filters=[{"key": "InvokedAfter", "value": f"{since:{_TIME}}"}])
    )
    commands = (one for page in pages for one in page["Commands"])
    return next((one["CommandId"] for one in commands if one.get("Comment") == comment(run, job)), None)


def _of_purpose(noted: Collection[str], job: Job) -> list[str]:
    """What was noted for the purpose of the command, without it."""
    return sorted(one.partition("/")[2] for one in noted if one.partition("/")[0] == job.purpose)


def invocation(command_id: str, instance_id: str) -> CommandInvocationTypeDef | None:
    """The command on the instance; None where SSM does not show it yet."""
    try:
        found = aws.client("ssm").list_command_invocations(
            CommandId=command_id, InstanceId=instance_id, Details=True
        )["CommandInvocations"]
    except ClientError as error:
        if aws.code(error) not in _UNKNOWN:
            raise
        return None
    return found[0] if found else None


def cancel_what_goes_on(run: str, job: Job, of_run: Made) -> bool:
    """Cancel the run's command where it may still do something; whether it may."""
    command_id = find(run, job, of_run)
    found = invocation(command_id, job.instance_id) if command_id else None
    if command_id is None or (found and found["Status"] not in UNDER_WAY):
        return False
    cancel(command_id, job.instance_id)
    return True


def cancel(command_id: str, instance_id: str) -> None:
    """Ask SSM to cancel a command; nothing happens where it has ended. It may go on for a while."""
    try:
        aws.client("ssm").cancel_command(CommandId=command_id, InstanceIds=[instance_id])
    except ClientError as error:
        if aws.code(error) not in _UNKNOWN:
            raise
