"""Check Command: has the command succeeded? One that could not be sent yet is sent."""

from golden_image.model.document import Job
from golden_image.run_document import commands
from golden_image.run_document.commands import CommandCheck
from golden_image.step import step


@step
def handler(run: str, job: Job, command_id: str | None, waited: int, limit: int) -> CommandCheck:
    """`waited` and `limit` are seconds."""
    return commands.check(run, job, command_id, waited, limit)
