"""A terminal in a copy of the clone, in which the commands of a page are run as they stand."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from sandbox.processes import clean_environment, end_with_parent
from tests.docs.markdown import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What `make setup` and builds have left, which a copy shares with the clone.
_INSTALLED = (".venv", ".tools", ".uv", ".aws-sam", "node_modules")


def clone(directory: Path) -> Path:
    """A copy of the clone in `directory`, with what is installed in it, and a `.sandbox` of its own."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, directory / name)
    for name in _INSTALLED:
        if (ROOT / name).exists():
            (directory / name).symlink_to(ROOT / name)
    return directory


def command_lines(block: str) -> list[str]:
    """The command lines of a block, each whole."""
    return [line for line in re.sub(r"\s*\\\n\s*", " ", block).splitlines() if line.strip()]


@dataclass(frozen=True)
class Ended:
    """A command line that has ended, with what it has printed to both streams."""

    line: str
    code: int
    printed: str


class Terminal:
    """A shell that keeps its variables from one command line to the next; its standard output is a pipe."""

    def __init__(self, folder: Path, environment: dict[str, str] | None = None) -> None:
        self._mark = uuid.uuid4().hex
        self._shell = subprocess.Popen(
            ["bash"],
            cwd=folder,
            env=clean_environment() | (environment or {}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=end_with_parent,  # noqa: PLW1509 - as in sandbox/processes.py
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def begin(self, line: str, until: str) -> list[str]:
        """Start a command line that stays, and read what it prints until a line has `until` in it.

        Raises:
            AssertionError: it ended before.
        """
        # In the shell's place, so that it ends with this process as the shell would.
        self._send(f"exec {line}")
        printed: list[str] = []
        for told in self._out:
            printed.append(told)
            if until in told:
                return printed
        raise AssertionError("".join(printed))

    def run(self, line: str) -> Ended:
        """Run a command line to its end."""
        self.start(line)
        return self.ended(line)

    def start(self, line: str) -> None:
        """Start a command line; `ended` waits for its end."""
        # A command must not read the shell's own input.
        self._send(f"{{ {line}\n}} </dev/null; printf '\\n%s %s\\n' {self._mark} $?")

    def ended(self, line: str) -> Ended:
        """The end of the command line that was started.

        Raises:
            AssertionError: the shell has ended.
        """
        printed: list[str] = []
        for told in self._out:
            if told.startswith(self._mark):
                return Ended(line, int(told.split()[1]), "".join(printed))
            printed.append(told)
        raise AssertionError("".join(printed))

    def end(self) -> None:
        """End the shell and what it has started, as Ctrl-C does."""
        if self._shell.poll() is None:
            os.killpg(self._shell.pid, signal.SIGTERM)
            # It ends once all have ended that write to it.
            assert self._shell.stdout is not None
            self._shell.stdout.read()
        for pipe in (self._shell.stdin, self._shell.stdout):
            assert pipe is not None
            pipe.close()
        self._shell.wait(timeout=60)

    def _send(self, text: str) -> None:
        assert self._shell.stdin is not None
        self._shell.stdin.write(f"{text}\n")
        self._shell.stdin.flush()

    @property
    def _out(self) -> Iterator[str]:
        assert self._shell.stdout is not None
        return iter(self._shell.stdout)
