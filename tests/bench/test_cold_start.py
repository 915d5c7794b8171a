"""The measurement of a cold start."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bench.cold_start import Function, start
from sandbox.rie import lambda_packages

if TYPE_CHECKING:
    from pathlib import Path

BUSY = """
import sys, time
assert not any("site-packages" in path for path in sys.path)
while time.process_time() < 0.5:
    pass

def handler(event, context):
    taken = bytearray(event["bytes"])
    while time.process_time() < 1:
        pass
"""


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    (tmp_path / "packages").mkdir()
    return lambda_packages(tmp_path / "packages")


def function(place: Path, source: str) -> Function:
    (place / "code").mkdir()
    (place / "code/app.py").write_text(source)
    (place / "event.json").write_text(json.dumps({"bytes": 300_000_000}))
    return Function(place / "code", "app.handler", place / "event.json")


def test_a_start_is_what_comes_before_the_invocation_and_the_peak_is_that_of_both(
    tmp_path: Path, packages: Path
) -> None:
    started = start(function(tmp_path, BUSY), packages, tmp_path / "figures", {})

    assert 0.5 <= started.cpu_seconds < 0.7
    assert started.milliseconds >= 300
    assert 300_000_000 < started.peak < 400_000_000


def test_a_function_that_does_not_start_has_no_figures(tmp_path: Path, packages: Path) -> None:
    with pytest.raises(RuntimeError, match="no_such_module"):
        start(function(tmp_path, "import no_such_module"), packages, tmp_path / "figures", {})
