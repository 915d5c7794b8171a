"""`golden-image` as people and programs call it: in a sandbox's folder, through pipes or at a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.endpoints import Endpoints

_COMMAND = str(Path(sys.executable).with_name("golden-image"))
# More than any run of the tests takes.
_SECONDS = 600


@dataclass(frozen=True)
class Called:
    """What a call has said, and its exit code. At a terminal all of it is in `out`."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The JSON that it has said."""
        return json.loads(self.out)


class Folder:
    """A folder in which `--sandbox` finds a sandbox."""

    def __init__(self, path: Path, endpoints: Endpoints, **others: str) -> None:
        """In this folder; `others` are in the place of the sandbox's own endpoints."""
        self.path = path
        (path / ".sandbox").mkdir(exist_ok=True)
        (path / ".sandbox/endpoints.json").write_text(json.dumps(asdict(endpoints) | others))

    def call(self, *words: str, **variables: str) -> Called:
        """Call `golden-image --sandbox` with these words through pipes."""
        done = subprocess.run(
            self._words(words),
            cwd=self.path,
            env=os.environ | variables,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return Called(done.returncode, done.stdout, done.stderr)

    def call_at_terminal(self, *words: str, **variables: str) -> Called:
        """The same at a terminal of 80 columns."""
        ours, theirs = pty.openpty()
        environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"} | variables
        process = subprocess.Popen(
            self._words(words), cwd=self.path, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        said = b""
        while chunk := _read(ours):
            said += chunk
        os.close(ours)
        return Called(process.wait(_SECONDS), said.decode(), "")

    def _words(self, words: tuple[str, ...]) -> list[str]:
        return [_COMMAND, words[0], "--sandbox", *words[1:]]


def _read(terminal: int) -> bytes:
    """What is there; nothing once the other side is closed, which Linux tells by an error."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""
