"""Child processes that always end: with their group, and with this process however it dies."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
_TAIL_LINES = 25
_PORTS = range(20000, 32000)


class ChildError(RuntimeError):
    """A child process ended or did not become ready; the message holds the end of its log."""


def clean_environment() -> dict[str, str]:
    """This environment without the user's AWS and Python settings, with the sandbox's credentials."""
    foreign = ("AWS_", "SAM_", "PYTHON", "POWERTOOLS_", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def forget_user_settings() -> None:
    """Give this process the clean environment, so that a client made in it reads nothing of the user's."""
    clean = clean_environment()
    os.environ.clear()
    os.environ.update(clean)


def free_port() -> int:
    """A TCP port of 127.0.0.1 on which nothing listens.

    It is below those that Linux gives to outgoing connections (32768 and up): one of these could
    take it before the server does, when a hundred runs are under way.

    Raises:
        OSError: none of a hundred tries was free.
    """
    for port in random.sample(_PORTS, 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no free port")


def end_with_parent() -> None:
    """In the child: ask the kernel for SIGTERM when the parent's thread ends (prctl(2)), also by SIGKILL."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """A process in a session of its own, with its output in a log file."""

    def __init__(self, name: str, command: list[str], log: Path, env: dict[str, str], cwd: Path) -> None:
        """Start it. Call from a thread that lives as long as the child may: see prctl(2)."""
        self.name = name
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - no threads run when children start
            )

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def wait(self, seconds: float) -> None:
        """Wait for it to end well.

        Raises:
            ChildError: it ended with an error, or has not ended in time.
        """
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise self.failed(f"took more than {seconds:.0f} s") from None
        finally:
            self.end()
        if code != 0:
            raise self.failed(f"ended with exit code {code}")

    def wait_for(self, url: str, seconds: float) -> None:
        """Wait until `url` answers with any status below 500.

        Raises:
            ChildError: the process ended first, or the time is up.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.alive():
                raise self.failed(f"ended with exit code {self._process.returncode}")
            if answers(url):
                return
            time.sleep(0.05)
        raise self.failed(f"did not answer at {url} within {seconds:.0f} s")

    def failed(self, what: str) -> ChildError:
        """The error that says what happened, with the last lines of the log."""
        with suppress(OSError):
            tail = self._log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
            return ChildError("\n".join([f"{self.name} {what}; the end of {self._log}:", *tail]))
        return ChildError(f"{self.name} {what}")

    def end(self, grace: float = 5) -> None:
        """End it and everything it started: politely, and after `grace` seconds for good."""
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        # The group outlives its leader while any of its members is left.
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def answers(url: str) -> bool:
    """Whether something answers at `url` with a status below 500."""
    try:
        with urllib.request.urlopen(url, timeout=20):  # noqa: S310 - always http://127.0.0.1
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def is_running(pid: int) -> bool:
    """Whether a process of that id exists and has not ended."""
    try:
        # proc(5): the state follows the name, which is in parentheses.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
