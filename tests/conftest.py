"""The sandbox that a test process starts once and its tests share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
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


# The folders whose files take minutes. Short ones are last, so that no process is long without work.
_LONG = ("faults", "guides", "sandbox", "workflow")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long folders run first, in their order."""
    long = {Path(__file__).parent / name: place for place, name in enumerate(_LONG)}
    items.sort(key=lambda item: min(long.get(folder, len(long)) for folder in item.path.parents))


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
