"""`plan` and `apply`: what is seen is what is run, or nothing is."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from tests.cli.terminal import Folder
from tests.workflow.conftest import changes, group_of, next_call, sizes_of, succeeded
from tests.workflow.test_sizes import existing, resize

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.client import Client


@pytest.fixture
def folder(sandbox: Client, tmp_path: Path) -> Folder:
    return Folder(tmp_path, sandbox.endpoints)


@pytest.fixture
def source(sandbox: Client) -> str:
    return str(sandbox.seed()["instanceId"])


def test_a_plan_is_a_diff_and_changes_nothing(
    sandbox: Client, folder: Folder, source: str, group: str
) -> None:
    since = next_call(sandbox)
    told = folder.call("plan", source, group, "--rollout", "none")
    assert told.code == 0, told.err
    lines = told.out.splitlines()
    assert lines[0] == f"! source {source} is down about 75 s, whatever the size of its disks"
    assert lines[1].startswith("+ image ")
    assert "2 snapshots, at most $1.40 a month" in told.out
    assert f"+ template {group} v1" in lines
    assert f"+ group {group} 1/1/1 (min/desired/max)" in lines
    assert "To keep this plan for apply, add -o FILE." in lines
    assert max(map(len, lines)) <= 80
    assert changes(sandbox, since) == []


def test_a_plan_has_colours_at_a_terminal_unless_nobody_wants_them(
    folder: Folder, source: str, group: str
) -> None:
    coloured = folder.call_at_terminal("plan", source, group)
    plain = folder.call_at_terminal("plan", source, group, NO_COLOR="1")
    assert (coloured.code, plain.code) == (0, 0)
    assert f"\x1b[32m+\x1b[0m group {group}" in coloured.out
    assert f"+ group {group}" in plain.out
    assert "\x1b" not in plain.out


def test_a_plan_that_is_kept_is_applied(sandbox: Client, folder: Folder, source: str, group: str) -> None:
    seen = folder.call("plan", source, group, "--rollout", "none", "-o", "plan.json", "--json")
    assert seen.code == 0, seen.err
    file = folder.path / "plan.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["plan"] == seen.json

    applied = folder.call("apply", "plan.json", "--json")

    assert applied.code == 0, applied.err
    run = sandbox.wait(applied.json["executionArn"])
    succeeded(run)
    assert applied.json["input"]["planDigest"] == seen.json["digest"]
    assert sizes_of(sandbox, group) == (1, 1, 1)


def test_apply_shows_the_run_until_it_is_over(folder: Folder, source: str, group: str) -> None:
    assert folder.call("plan", source, group, "--rollout", "none", "-o", "plan.json").code == 0
    applied = folder.call("apply", "plan.json", "--watch")
    assert applied.code == 0, applied.out + applied.err
    assert "SUCCEEDED" in applied.out


def test_a_plan_is_refused_with_the_differences_once_somebody_has_changed_the_group(
    sandbox: Client, folder: Folder, source: str, group: str
) -> None:
    existing(sandbox, group, 1, 1, 4)
    assert folder.call("plan", source, group, "--rollout", "none", "-o", "plan.json").code == 0
    resize(sandbox, group, 1, 2, 5)
    since = next_call(sandbox)

    told = folder.call("apply", "plan.json")
    read = folder.call("apply", "plan.json", "--json")

    assert (told.code, read.code) == (3, 3)
    assert "~ group.sizes.maxSize: 4 → 5" in told.out
    assert "~ group.sizes.desiredCapacity: 1 → 2" in told.out
    assert "The plan in plan.json is outdated. Nothing was changed." in told.err
    assert {"field": "group.sizes.maxSize", "before": "4", "after": "5"} in read.json["differences"]
    found = group_of(sandbox, group)
    assert found is not None
    assert found["LaunchTemplate"]["LaunchTemplateName"] == f"{group}-old"
    assert changes(sandbox, since) == []


def test_a_plan_that_is_refused_is_a_failure_that_can_be_explained(
    sandbox: Client, folder: Folder, source: str, group: str
) -> None:
    existing(sandbox, group, 1, 1, 4)
    told = folder.call("plan", source, group)
    assert told.code == 1
    assert "RolloutRequired: " in told.err
    assert "golden-image why " in told.err
    explained = folder.call("why", told.err.split()[-1])
    assert explained.code == 0, explained.err
    assert "Set rollout." in explained.out


def test_apply_takes_plans_of_this_stack_alone(folder: Folder, source: str, group: str) -> None:
    assert folder.call("plan", source, group, "-o", "plan.json").code == 0
    file = folder.path / "plan.json"
    other = json.loads(file.read_text()) | {"stateMachineArn": "arn:aws:states:eu-west-1:1:stateMachine:o"}
    (folder.path / "other.json").write_text(json.dumps(other))
    (folder.path / "input.json").write_text(json.dumps({"sourceInstanceId": source}))
    told = [folder.call("apply", name) for name in ("other.json", "input.json", "none.json")]
    assert [one.code for one in told] == [2, 2, 2]
    assert "is a plan of arn:aws:states:eu-west-1:1:stateMachine:o" in told[0].err
    assert "input.json is no plan. Make one: golden-image plan SOURCE GROUP -o input.json" in told[1].err
    assert "none.json: cannot be read: No such file" in told[2].err
