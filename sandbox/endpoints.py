"""`endpoints.json`: how a program finds the sandbox that is up."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from sandbox.processes import answers, is_running

DEFAULT_DIRECTORY = Path(__file__).resolve().parent.parent / ".sandbox"
_NAME = "endpoints.json"


@dataclass(frozen=True)
class Endpoints:
    """Where everything of one sandbox is. The field names are those of the file."""

    aws: str
    """Base URL of all services but EC2 and Auto Scaling."""
    ec2: str
    """Base URL of EC2, Auto Scaling and the `/_sandbox/` verbs."""
    region: str
    scale: float
    """Real seconds per virtual second."""
    stateMachineArn: str  # noqa: N815
    stateMachines: dict[str, str]  # noqa: N815
    """The ARN of the state machine of each file in statemachine/, by the file's name without `.asl.json`."""
    apiUrl: str  # noqa: N815
    ledgerTable: str  # noqa: N815
    generationsTable: str  # noqa: N815
    notificationTopicArn: str  # noqa: N815
    deadLetterQueueUrl: str  # noqa: N815
    stackName: str  # noqa: N815
    pid: int
    """The launcher's process."""

    def write(self, directory: Path) -> None:
        """Write the file in one step: who reads it sees all of it or nothing."""
        with tempfile.NamedTemporaryFile("w", dir=directory, delete=False) as file:
            json.dump(asdict(self), file, indent=2)
        os.replace(file.name, directory / _NAME)  # noqa: PTH105 - pathlib's has the same meaning, longer

    @classmethod
    def read(cls, directory: Path = DEFAULT_DIRECTORY) -> Endpoints | None:
        """The sandbox that is up in this directory, or None; a file left by a killed one counts as none."""
        try:
            values = json.loads((directory / _NAME).read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        names = {field.name for field in fields(cls)}
        if values.keys() < names:
            return None
        found = cls(**{name: values[name] for name in names})
        return found if is_running(found.pid) and answers(f"{found.aws}/_ministack/ready") else None


def forget(directory: Path) -> None:
    """Remove the file."""
    (directory / _NAME).unlink(missing_ok=True)
