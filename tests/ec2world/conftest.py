"""One world for the whole session, in a process of its own, spoken to over HTTP only."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ec2world.client import SCALE, WorldClient

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def served() -> Iterator[WorldClient]:
    """The world's process, from its first line of output to its clean end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ec2world", "--port", "0", "--scale", str(SCALE)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        yield WorldClient(process.stdout.readline().decode().strip())
    finally:
        process.terminate()
        ended = process.wait(timeout=10)
    assert ended == 0


@pytest.fixture
def world(served: WorldClient) -> Iterator[WorldClient]:
    """The session's world, without faults before and after."""
    yield served
    served.faults()
    served.control("PUT", "throttle", {"enabled": False})
    served.control("PUT", "identities", {})
