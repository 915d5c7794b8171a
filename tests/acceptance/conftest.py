"""One sandbox for all interruptions, which take minutes: `make acceptance-interruptions`."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from acceptance.account import Account
from acceptance.in_sandbox import PACE, in_sandbox
from sandbox.endpoints import DEFAULT_DIRECTORY

if TYPE_CHECKING:
    from collections.abc import Iterator

collect_ignore = [] if "ACCEPTANCE_INTERRUPTIONS" in os.environ else ["test_interruptions.py"]


@pytest.fixture(scope="session")
def account() -> Iterator[Account]:
    """The sandbox's account, whose endpoints and user are in the environment."""
    before, directory = dict(os.environ), DEFAULT_DIRECTORY / f"acceptance-tests-{os.getpid()}"
    with in_sandbox(directory):
        yield Account(PACE)
    os.environ.clear()
    os.environ.update(before)
    shutil.rmtree(directory)
