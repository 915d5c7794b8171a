"""`plan` and `apply`: what is seen is what is run, or nothing is."""

from __future__ import annotations

import json
import re
import shlex
import stat
from typing import TYPE_CHECKING

import pytest

from tests.workflow.conftest import changes, group_of, next_call, sizes_of, succeeded
from tests.workflow.test_sizes import existing, resize

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.client import Client
    from tests.cli.conftest import GoldenImage


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a plan is kept."""
    return tmp_path / "plan.json"


@pytest.fixture
def source(sandbox: Client) -> str:
    return str(sandbox.seed()["instanceId"])


def test_a_plan_is_a_diff_and_changes_nothing(
    sandbox: Client, golden_image: GoldenImage, source: str, group: str
) -> None:
    since = next_call(sandbox)
    told = golden_image("plan", "--sandbox", source, group, "--rollout", "none")
    assert told.code == 0, told.err
    lines = told.out.splitlines()
    assert lines[0] == f"! source {source} is down about 75 s, whatever the size of its disks"
    assert lines[1].startswith("+ image ")
    assert "of 28 GiB in 2 snapshots, at most $1.40 a month" in " ".join(told.out.split())
    assert f"+ template {group} v1" in lines
    assert f"+ group {group} 1/1/1 (min/desired/max)" in lines
    assert "To keep this plan for apply, add -o FILE." in lines
    assert max(map(len, lines)) <= 80
    assert changes(sandbox, since) == []


def test_a_plan_has_colours_at_a_terminal_unless_nobody_wants_them(
    golden_image: GoldenImage, source: str, group: str
) -> None:
    coloured = golden_image.on_terminal("plan", "--sandbox", source, group)
    plain = golden_image.on_terminal("plan", "--sandbox", source, group, env={"NO_COLOR": "1"})
    assert (coloured.code, plain.code) == (0, 0)
    assert f"\x1b[32m+\x1b[0m group {group}" in coloured.out
    assert f"+ group {group}" in plain.out
    assert "\x1b" not in plain.out


def test_a_plan_that_is_kept_is_applied(
    sandbox: Client, golden_image: GoldenImage, file: Path, source: str, group: str
) -> None:
    seen = golden_image("plan", "--sandbox", source, group, "--rollout", "none", "-o", str(file), "--json")
    assert seen.code == 0, seen.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["plan"] == seen.json

    applied = golden_image("apply", "--sandbox", str(file), "--json")

    assert applied.code == 0, applied.err
    run = sandbox.wait(applied.json["executionArn"])
    succeeded(run)
    assert applied.json["input"]["planDigest"] == seen.json["digest"]
    assert sizes_of(sandbox, group) == (1, 1, 1)


def test_apply_shows_the_run_until_it_is_over(
    golden_image: GoldenImage, file: Path, source: str, group: str
) -> None:
    assert golden_image("plan", "--sandbox", source, group, "--rollout", "none", "-o", str(file)).code == 0
    applied = golden_image("apply", "--sandbox", str(file), "--watch")
    assert applied.code == 0, applied.out + applied.err
    assert "SUCCEEDED" in applied.out


def test_a_plan_is_refused_with_the_differences_once_somebody_has_changed_the_group(
    sandbox: Client, golden_image: GoldenImage, file: Path, source: str, group: str
) -> None:
    existing(sandbox, group, 1, 1, 4)
    assert golden_image("plan", "--sandbox", source, group, "--rollout", "none", "-o", str(file)).code == 0
    resize(sandbox, group, 1, 2, 5)
    since = next_call(sandbox)

    told = golden_image("apply", "--sandbox", str(file))
    read = golden_image("apply", "--sandbox", str(file), "--json")

    assert (told.code, read.code) == (3, 3)
    assert "~ group.sizes.maxSize: 4 → 5" in told.out
    assert "~ group.sizes.desiredCapacity: 1 → 2" in told.out
    assert f"The plan in {file} is outdated. Nothing was changed." in told.err
    assert {"field": "group.sizes.maxSize", "before": "4", "after": "5"} in read.json["differences"]
    found = group_of(sandbox, group)
    assert found is not None
    assert found["LaunchTemplate"]["LaunchTemplateName"] == f"{group}-old"
    assert changes(sandbox, since) == []


def test_a_plan_that_would_be_refused_now_is_outdated(
    sandbox: Client, golden_image: GoldenImage, file: Path, source: str, group: str
) -> None:
    assert golden_image("plan", "--sandbox", source, group, "-o", str(file)).code == 0
    existing(sandbox, group, 1, 1, 4)

    told = golden_image("apply", "--sandbox", str(file))
    read = golden_image("apply", "--sandbox", str(file), "--json")

    assert (told.code, read.code) == (3, 3)
    assert "is outdated. Nothing was changed.\nRolloutRequired: " in told.err
    assert read.json["reason"].startswith("RolloutRequired: ")


def test_the_digest_of_an_earlier_plan_is_asked_of_the_plan_and_not_kept(
    golden_image: GoldenImage, file: Path, source: str, group: str
) -> None:
    call = ["plan", "--sandbox", source, group, "--rollout", "none", "-o", str(file), "--planDigest"]
    refused = golden_image(*call, "0" * 64)
    digest = golden_image(*call[:-1], "--json").json["digest"]
    asked = golden_image(*call, digest)

    assert (refused.code, asked.code) == (3, 0), refused.err + asked.err
    assert "PlanOutdated: " in refused.err
    assert "planDigest" not in json.loads(file.read_text())["input"]


def test_a_plan_that_is_refused_is_a_failure_that_can_be_explained(
    sandbox: Client, golden_image: GoldenImage, source: str, group: str
) -> None:
    existing(sandbox, group, 1, 1, 4)
    told = golden_image("plan", "--sandbox", source, group)
    assert told.code == 1
    assert "RolloutRequired: " in told.err
    [command] = re.findall(r"golden-image (why .*)", told.err)
    explained = golden_image(*shlex.split(command))
    assert explained.code == 0, explained.err
    assert "Set rollout." in explained.out


def test_apply_takes_plans_of_this_stack_alone(
    golden_image: GoldenImage, file: Path, source: str, group: str
) -> None:
    assert golden_image("plan", "--sandbox", source, group, "-o", str(file)).code == 0
    other = json.loads(file.read_text()) | {"stateMachineArn": "arn:aws:states:eu-west-1:1:stateMachine:o"}
    (file.parent / "other.json").write_text(json.dumps(other))
    (file.parent / "input.json").write_text(json.dumps({"sourceInstanceId": source}))
    names = [str(file.with_name(name)) for name in ("other.json", "input.json", "none.json")]
    told = [golden_image("apply", "--sandbox", name) for name in names]
    assert [one.code for one in told] == [2, 2, 2]
    assert "is a plan of arn:aws:states:eu-west-1:1:stateMachine:o" in told[0].err
    assert f"{names[1]} is no plan. Make one: golden-image plan SOURCE GROUP -o {names[1]}" in told[1].err
    assert "none.json: cannot be read: No such file" in told[2].err
