"""The command line as people and programs call it: through pipes and on a terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import termios
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.build import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.client import Client

PROGRAM = ROOT / ".venv/bin/golden-image"
# In real seconds.
_LONGEST_SECONDS = 300
_ROWS, _COLUMNS = 24, 80


@dataclass(frozen=True)
class Told:
    """What a call said."""

    code: int
    out: str
    err: str = ""

    @property
    def json(self) -> Any:
        """The document that it answered."""
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The objects that it answered, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def text(self) -> str:
        """What it said, without what moves the cursor and what colours."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.out)


@dataclass(frozen=True)
class GoldenImage:
    """Calls `golden-image` in a folder that has a sandbox or has none."""

    folder: Path

    def __call__(self, *arguments: str, env: Mapping[str, str] | None = None) -> Told:
        """With its output in pipes."""
        with self.begun(*arguments, env=env) as process:
            out, err = process.communicate(timeout=_LONGEST_SECONDS)
        return Told(process.returncode, out, err)

    def begun(self, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """A call that goes on, with its output in pipes."""
        pipe = subprocess.PIPE
        command = [str(PROGRAM), *arguments]
        return subprocess.Popen(
            command, cwd=self.folder, env=_environment(env), stdout=pipe, stderr=pipe, text=True
        )

    def on_terminal(self, *arguments: str, env: Mapping[str, str] | None = None) -> Told:
        """On a terminal of 80 columns."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        with subprocess.Popen(
            [str(PROGRAM), *arguments],
            cwd=self.folder,
            env=_environment({"TERM": "xterm-256color", **(env or {})}),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        ) as process:
            os.close(theirs)
            shown = _read_all(ours)
        return Told(process.returncode, shown.replace("\r\n", "\n"))


def _read_all(terminal: int) -> str:
    """All that is written to a terminal until nobody has it open."""
    shown = b""
    try:
        while part := os.read(terminal, 65536):
            shown += part
    except OSError:  # Linux's end of a terminal that nobody has open
        pass
    finally:
        os.close(terminal)
    return shown.decode()


def _environment(env: Mapping[str, str] | None) -> dict[str, str]:
    """This process's, without what would choose a stack, credentials or colours."""
    chosen = ("AWS_", "GOLDEN_IMAGE_", "NO_COLOR")
    own = {name: value for name, value in os.environ.items() if not name.startswith(chosen)}
    return own | {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull} | dict(env or {})


@pytest.fixture(scope="session")
def folder(deployed: Client, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has the process's sandbox."""
    found = tmp_path_factory.mktemp("cli")
    (found / ".sandbox").mkdir()
    deployed.endpoints.write(found / ".sandbox")
    return found


@pytest.fixture
def golden_image(folder: Path) -> GoldenImage:
    """The command line, in the folder of the process's sandbox; it is told --sandbox to use it."""
    return GoldenImage(folder)


@pytest.fixture
def elsewhere(tmp_path: Path) -> GoldenImage:
    """The command line, in a folder that has no sandbox."""
    return GoldenImage(tmp_path)
