"""ec2world/README.md is true: its example passes, and its tables are those of the code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import fields
from typing import TYPE_CHECKING

from ec2world.control.verbs import VERBS
from ec2world.trouble.faults import EFFECTS, Faults, Rule
from ec2world.virtual_time.clock import Durations
from tests.docs.markdown import ROOT, page, rows

if TYPE_CHECKING:
    from pathlib import Path

README = page("ec2world/README.md")


def _column(heading: str) -> list[str]:
    return [row[0].strip("`") for row in rows(README.section(heading))]


def test_the_example_passes(tmp_path: Path) -> None:
    [example] = README.blocks("python")
    (tmp_path / "test_example.py").write_text(example)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_example.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    assert f"{example.count('def test_')} passed" in ended.stdout


def test_the_durations_are_those_of_the_clock() -> None:
    table = rows(README.section("## What it adds to moto"))
    written = {name.strip("`"): float(value) for name, value in table if name.startswith("`")}
    assert written == Durations().to_json()


def test_every_verb_is_told() -> None:
    first, *_ = README.section("## Verbs").split("A rule:")
    assert [row[0].strip("`") for row in rows(first)] == list(VERBS)


def test_the_examples_of_rules_are_taken_and_every_key_and_effect_is_told() -> None:
    Faults().replace([json.loads(rule) for rule in README.blocks("json")])
    _, after = README.section("## Verbs").split("A rule:")
    told = {row[0]: row[1] for row in rows(after)}
    keys = {key.strip("`") for cell in told for key in cell.split(", ")}
    assert keys == {field.name for field in fields(Rule)} - {"given", "seen", "hits"}
    assert all(f"`{effect}`" in told["`effect`"] for effect in EFFECTS)


def test_every_folder_is_told() -> None:
    folders = {path.name for path in (ROOT / "ec2world").iterdir() if (path / "__init__.py").exists()}
    assert {name.split("]")[0].lstrip("[") for name in _column("## Folders")} == folders
