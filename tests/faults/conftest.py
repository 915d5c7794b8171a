"""A sandbox in which one safeguard of the product can be switched off, by the name of a run."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from sandbox.client import Client
from sandbox.endpoints import DEFAULT_DIRECTORY
from sandbox.launcher import sandbox as new_sandbox
from sandbox.matrix import sabotage
from sandbox.matrix.__main__ import SCALE
from sandbox.matrix.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def fast(request: pytest.FixtureRequest) -> Iterator[Client]:
    """A sandbox as the matrix has it."""
    directory = DEFAULT_DIRECTORY / f"faults-{os.getpid()}"
    with ExitStack() as stack:
        # Until it has started: the other sandboxes of this process are to have none of it.
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(sabotage.VARIABLE, "yes")
            endpoints = stack.enter_context(new_sandbox(directory, SCALE))
        yield Client(endpoints)
    if not request.session.testsfailed:
        shutil.rmtree(directory)


@pytest.fixture
def runner(fast: Client) -> Runner:
    """The matrix's runner."""
    return Runner(fast, width=4)
