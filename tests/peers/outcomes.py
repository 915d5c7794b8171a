"""A plugin for a run of a peer's own tests, in their environment.

It leaves out the tests that a list says, and writes what became of each of the others, one JSON object a
line.
"""

import json
import os
import tomllib
from pathlib import Path

import pytest

# The file that the lines go to, and the list: a TOML file whose `left_out` has groups of `tests`, each a part
# of pytest's node ids.
RECORD, LIST = "OUTCOMES_RECORD", "OUTCOMES_LIST"
_LEFT_OUT = [
    part for group in tomllib.loads(Path(os.environ[LIST]).read_text())["left_out"] for part in group["tests"]
]
_order = {"passed": 0, "skipped": 1, "failed": 2}
_outcomes: dict[str, str] = {}


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out files; some cannot be imported without Docker."""
    return True if any(part in str(collection_path) for part in _LEFT_OUT if part.endswith(".py")) else None


def pytest_collection_modifyitems(items: list[pytest.Item], config: pytest.Config) -> None:
    """Leave out what the list says."""
    out = [item for item in items if any(part in item.nodeid for part in _LEFT_OUT)]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in out]


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Write down a file that cannot be collected: none of its tests would be missed."""
    if report.failed:
        _write({"test": report.nodeid, "phase": "collect", "why": str(report.longrepr)})
        _write({"test": report.nodeid, "outcome": "failed"})


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Write down a test's worst outcome among set-up, call and teardown, and why it failed."""
    test = report.nodeid
    _outcomes[test] = max(_outcomes.get(test, "passed"), report.outcome, key=_order.__getitem__)
    if report.outcome == "failed":
        _write({"test": test, "phase": report.when, "why": str(report.longrepr)})
    if report.when == "teardown":
        _write({"test": test, "outcome": _outcomes[test]})


def _write(line: dict[str, str]) -> None:
    with Path(os.environ[RECORD]).open("a") as record:
        record.write(json.dumps(line) + "\n")
