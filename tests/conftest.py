"""The sandbox that a test process starts once and its tests share."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from sandbox.client import Client
from sandbox.endpoints import DEFAULT_DIRECTORY
from sandbox.launcher import sandbox as new_sandbox
from sandbox.processes import forget_user_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

# tests/states may be asked to use a person's own account.
if "STATES_ON_AWS" not in os.environ:
    forget_user_settings()

# Real seconds per virtual one: a run then takes a few seconds, most of them its functions' own.
SCALE = 0.01


@pytest.fixture(scope="session")
def deployed(request: pytest.FixtureRequest) -> Iterator[Client]:
    """A sandbox of this process. Its directory, with the logs in it, stays where a test has failed."""
    directory = DEFAULT_DIRECTORY / f"tests-{os.getpid()}"
    with new_sandbox(directory, SCALE) as endpoints:
        yield Client(endpoints)
    if not request.session.testsfailed:
        shutil.rmtree(directory)


@pytest.fixture
def sandbox(deployed: Client) -> Iterator[Client]:
    """The process's sandbox, without the fault rules and durations of other tests. See sandbox/client.py."""
    durations = deployed.control("GET", "durations")
    yield deployed
    deployed.faults()
    deployed.control("PUT", "durations", durations)


@pytest.fixture
def group() -> str:
    """The name of an Auto Scaling group that no other test has."""
    return f"web-{uuid4().hex[:8]}"
