"""Send Command: have Systems Manager run a document on an instance."""

from golden_image.model.document import Job
from golden_image.run_document import commands
from golden_image.step import step


@step
def handler(run: str, job: Job, limit: int) -> dict[str, str | None]:
    """Answers `commandId`, null while the instance takes no command. `limit` is in seconds."""
    return {"commandId": commands.send(run, job, limit)}
