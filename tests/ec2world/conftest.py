"""One world for the whole session, in a process of its own, spoken to over HTTP only."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.processes import end_with_parent
from tests.ec2world.client import SCALE, WorldClient

ROOT = Path(__file__).parents[2]
# Real seconds in which a process ends, or says why it does not begin, on a slow machine.
ENDS_SECONDS = 120


@contextmanager
def world_process(*options: str, stderr: int | None = subprocess.PIPE) -> Iterator[subprocess.Popen[str]]:
    """`python -m ec2world` with these options, ended for good if it does not end by itself.

    It ends with the tests too, where they are killed: so pytest-xdist ends its workers after an error.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "ec2world", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        preexec_fn=end_with_parent,  # noqa: PLW1509 - no threads run when it starts
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def url_of(process: subprocess.Popen[str]) -> str:
    """The URL that it prints once it answers."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture(scope="session")
def served() -> Iterator[WorldClient]:
    """The world's process, from its first line of output to its clean end."""
    with world_process("--scale", str(SCALE), stderr=None) as process:
        yield WorldClient(url_of(process))
        process.terminate()
        ended = process.wait(ENDS_SECONDS)
    assert ended == 0


@pytest.fixture
def world(served: WorldClient) -> Iterator[WorldClient]:
    """The session's world, without faults before and after."""
    yield served
    served.faults()
    served.control("PUT", "throttle", {"enabled": False})
    served.control("PUT", "identities", {})
