"""A plugin for a run of LocalStack's own tests, in their environment (`.tools/engine`).

It writes what became of each test, one JSON object a line, and lets the tests' Python functions run as the
sandbox's do, under AWS's runtime client: MiniStack's own worker reports every exception under one name.
"""

import io
import json
import os
import tomllib
import zipfile
from pathlib import Path

import pytest
from botocore.client import BaseClient

# The file that the lines go to.
RECORD = "ENGINE_RECORD"
# What a function of runtime provided.al2023 must have; the sandbox starts AWS's client in its place.
_BOOTSTRAP = "#!/bin/sh\nexit 1\n"
_LEFT_OUT = [
    part
    for group in tomllib.loads((Path(__file__).parent / "engine.toml").read_text())["left_out"]
    for part in group["tests"]
]
_order = {"passed": 0, "skipped": 1, "failed": 2}
_outcomes: dict[str, str] = {}
_call = BaseClient._make_api_call


def pytest_configure() -> None:
    """Change what the tests' clients ask Lambda for."""
    BaseClient._make_api_call = _with_bootstrap


def _with_bootstrap(client, action, parameters):
    if action == "CreateFunction" and parameters.get("Runtime", "").startswith("python"):
        code = io.BytesIO(parameters["Code"]["ZipFile"])
        with zipfile.ZipFile(code, "a") as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, _BOOTSTRAP)
        parameters = {**parameters, "Runtime": "provided.al2023", "Code": {"ZipFile": code.getvalue()}}
    return _call(client, action, parameters)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out files; some cannot be imported without Docker."""
    return True if any(part in str(collection_path) for part in _LEFT_OUT if part.endswith(".py")) else None


def pytest_collection_modifyitems(items: list[pytest.Item], config: pytest.Config) -> None:
    """Leave out what engine.toml says."""
    out = [item for item in items if any(part in item.nodeid for part in _LEFT_OUT)]
    config.hook.pytest_deselected(items=out)
    items[:] = [item for item in items if item not in out]


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
