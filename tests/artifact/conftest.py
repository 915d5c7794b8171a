"""The artifact as `sam build` leaves it, and the directory of packages that Lambda has beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.build import sam_build

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One directory for each function."""
    return sam_build(tmp_path_factory.mktemp("build") / "build.log")


@pytest.fixture(scope="session")
def artifact(build: Path) -> Path:
    """A function's directory."""
    return build / "StopSourceFunction"
