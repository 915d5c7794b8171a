"""A handler loads few modules when Lambda starts it; tests/template/rules/imports.py lists them all."""

from __future__ import annotations

import re
import subprocess
import sys


def loaded(module: str) -> set[str]:
    """The modules of the product, and of the schema's compiler, that a new process has after an import."""
    ours = ("golden_image", "handlers", "fastjsonschema")
    program = f"import sys, {module}; print([n for n in sys.modules if n.split('.')[0] in {ours}])"
    environment = {"PYTHONPATH": "functions", "AWS_DEFAULT_REGION": "us-east-1"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return set(re.findall(r"'([\w.]+)'", done.stdout))


def test_unlocking_loads_the_ledger_and_what_every_step_does() -> None:
    named = ("aws", "error_codes", "errors", "events", "redaction", "settings", "step")
    every = {f"golden_image.{name}" for name in named}
    packages = {"golden_image", "golden_image.run", "handlers", "handlers.golden_image_refresh"}
    values = {"golden_image.model", "golden_image.model.made"}
    unlock = "handlers.golden_image_refresh.unlock_group"
    ledger = {f"golden_image.run.{name}" for name in ("ledger", "made", "table")}
    assert loaded(unlock) == every | packages | values | ledger | {unlock}


def test_planning_loads_the_schema() -> None:
    assert {"golden_image.run.input_schema", "fastjsonschema"} <= loaded(
        "handlers.golden_image_refresh.plan_refresh"
    )
