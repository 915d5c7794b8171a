"""A plan as a diff, and the file that keeps one."""

from __future__ import annotations

import json
import stat
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from golden_image_cli import dry_run, plan_file, plan_text, prices
from golden_image_cli.plan_file import Kept
from golden_image_cli.problems import WRONG_CALL, Problem
from golden_image_cli.sdk import Account
from golden_image_cli.stack import Stack

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:refresh"
STACK = Stack("golden", Account(), known={"StateMachineArn": MACHINE})
FIRST: dict[str, Any] = json.loads(Path("events/lock_group.json").read_text())["plan"]
BEFORE: dict[str, Any] = {
    "launchTemplateId": "lt-1",
    "launchTemplateVersion": "1",
    "launchConfiguration": None,
    "sizes": {"minSize": 1, "maxSize": 4, "desiredCapacity": 2},
    "subnetIds": ["subnet-a"],
    "targetGroupArns": [],
    "healthCheckType": "EC2",
    "healthCheckGracePeriod": 300,
    "targetCpu": None,
}
DIFFERENCES = [
    {"field": "InstanceType", "before": "t3.small", "after": "t3.large"},
    {"field": "KeyName", "before": "ops", "after": None},
    {"field": "MetadataOptions.HttpTokens", "before": None, "after": "required"},
]


def plan(**changed: Any) -> dict[str, Any]:
    """The plan of a group that exists, with other members as given."""
    found = deepcopy(FIRST)
    found["launchTemplate"] |= {"id": "lt-1", "baseVersion": 1, "nextVersion": 2, "differences": DIFFERENCES}
    found["group"] |= {"before": BEFORE, "sizes": {"minSize": 1, "maxSize": 6, "desiredCapacity": 2}}
    found["group"] |= {"subnetIds": None, "targetCpu": None, "healthCheckType": None, "tags": {}}
    found["group"] |= {"healthCheckGracePeriod": None}
    return found | changed


def told(of: dict[str, Any]) -> list[str]:
    return [f"{line.mark} {line.text}" for line in plan_text.lines(of)]


def test_a_refresh_is_told_in_its_order_with_what_it_costs() -> None:
    assert told(plan()) == [
        "! source i-0123456789abcdef0 is down about 75 s, whatever the size of its disks",
        "+ image web-20261122T030000Z-0123abcd of 28 GiB in 2 snapshots, at most $1.40 a month",
        "~ template web v1 → v2",
        "  InstanceType                t3.small → t3.large",
        "  KeyName                     ops → none",
        "  MetadataOptions.HttpTokens  required",
        "~ group web 1/2/4 → 1/2/6 (min/desired/max)",
        "! rollout recreate: all instances are terminated, then launched from the new image",
    ]


def test_a_new_group_and_template_are_made() -> None:
    first = deepcopy(FIRST) | {"rollout": "drain"}
    first["launchTemplate"]["nextVersion"] = 1
    lines = told(first)
    assert "+ template web v1" in lines
    assert any(line.startswith("  InstanceType ") and line.endswith("t3.small") for line in lines)
    assert lines[-3:] == [
        "+ group web 0/0/0 (min/desired/max)",
        "  it is launched with 1/2/4, then drained",
        "  tags: Environment",
    ]


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"stopSource": False}, "is not stopped"),
        ({"restartSource": False}, "is stopped, and stays so"),
        ({"source": FIRST["source"] | {"powerState": "stopped"}}, "is stopped already"),
        ({"prepare": {"document": "clean"}}, "! source i-0123456789abcdef0 runs the document clean first"),
        ({"canary": {"document": None}}, "+ canary"),
        ({"approval": {"at": ["image"], "timeout": 3600}}, "! waits for people at image, up to 1:00:00"),
        ({"rollout": "none"}, "~ rollout none: instances stay"),
        (
            {
                "rollout": "rolling",
                "rolling": {
                    "minHealthyPercentage": 100,
                    "maxHealthyPercentage": 110,
                    "checkpointPercentages": [50, 100],
                },
            },
            "~ rollout rolling: 100% to 110% of the group is in service, with checkpoints at 50%, 100%",
        ),
    ],
)
def test_what_else_a_plan_does_has_a_line(changed: dict[str, Any], line: str) -> None:
    assert any(line in one for one in told(plan(**changed)))


def test_a_way_back_names_its_generation() -> None:
    back = plan(goesBackTo=json.loads(Path("events/prove_generation.json").read_text())["generation"])
    del back["source"], back["image"]
    back["launchTemplate"] |= {"addsVersion": False, "baseVersion": 1}
    back["group"]["before"] = BEFORE | {"launchTemplateVersion": "2"}
    lines = told(back)
    assert lines[0].startswith("~ image ami-")
    assert "again, generation" in lines[0]
    assert "~ template web v2 → v1" in lines


def test_lines_fit_80_columns_and_have_no_colour_in_a_pipe() -> None:
    warned = plan(warnings=["a long story " * 20])
    shown = list(plan_text.shown(warned))
    assert max(map(len, shown)) <= 80
    assert "\x1b" not in "".join(shown)
    assert any(line.startswith("! warning: a long") for line in shown)


def test_the_price_of_a_snapshot_is_that_of_the_page() -> None:
    page = " ".join(Path("docs/reference/cost.md").read_text().split())
    assert f"${prices.SNAPSHOT_GIB_MONTH:.2f} per GiB and month" in page


def test_two_plans_differ_in_what_they_decide_and_not_in_their_names() -> None:
    later = plan(run="other", plannedAt=1, digest="other", warnings=["watch out"])
    later["image"] = later["image"] | {"name": "web-later"}
    later["group"] = later["group"] | {"sizes": {"minSize": 1, "maxSize": 6, "desiredCapacity": 3}}
    assert dry_run.differences(plan(), later, {}) == [
        {"field": "group.sizes.desiredCapacity", "before": "2", "after": "3"},
        {"field": "warning: watch out", "before": None, "after": "there"},
    ]
    named = dry_run.differences(plan(), later, {"image": {"name": "stated"}})
    assert "image.name" in [one["field"] for one in named]


def test_a_file_is_read_by_its_owner_alone_whatever_it_was_before(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.touch(mode=0o644)
    kept = Kept({"sourceInstanceId": "i-1"}, {"digest": "d"})
    plan_file.write(file, STACK, kept)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert plan_file.read(file, STACK) == kept
    assert list(tmp_path.iterdir()) == [file]


def test_a_plan_of_an_older_stack_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="it is older than this command line"):
        plan_file.write(tmp_path / "plan.json", STACK, Kept({}, {}))
    assert list(tmp_path.iterdir()) == []


def test_a_plan_that_cannot_be_written_whole_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        plan_file.write(tmp_path / "plan.json", STACK, Kept({}, {"digest": object()}))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file"),
        ("", "is no plan. Make one"),
        ("[]", "is no plan"),
        ('{"format": "other"}', "is no plan"),
        (json.dumps({"format": "golden-image plan 1", "stateMachineArn": MACHINE}), "is no plan"),
        (
            json.dumps(
                {"format": "golden-image plan 1", "stateMachineArn": MACHINE, "input": {}, "plan": {}}
            ),
            "is no plan",
        ),
        (
            json.dumps({"format": "golden-image plan 1", "stateMachineArn": f"{MACHINE}-2"}),
            "and stack golden has .*Name the plan's own stack",
        ),
    ],
)
def test_what_is_no_plan_of_the_stack_is_a_wrong_call(
    tmp_path: Path, content: str | None, message: str
) -> None:
    file = tmp_path / "plan.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(Problem, match=message) as refused:
        plan_file.read(file, STACK)
    assert refused.value.exit_code == WRONG_CALL


def test_a_plan_is_not_kept_where_no_file_can_be(tmp_path: Path) -> None:
    for file, message in ((tmp_path, "is no file"), (tmp_path / "none" / "plan.json", "cannot be written")):
        with pytest.raises(Problem, match=message) as refused:
            plan_file.write(file, STACK, Kept({}, {"digest": "d"}))
        assert refused.value.exit_code == WRONG_CALL
