"""The input's approval beside the other fields, and the stages of a roll that it makes."""

from __future__ import annotations

from typing import Any

import pytest

from golden_image.errors import InvalidInput
from golden_image.model.approval import NEVER, ApprovalPlan
from golden_image.model.launch_template import LaunchTemplate
from golden_image.model.rolling import RefreshPreferences
from golden_image.model.stage import Stage
from golden_image.run.request import parse
from tests.unit.account import TIMEOUTS
from tests.unit.inputs import SMALLEST

DAY = 86_400
ROLLING = {"rollout": "rolling", "rolling": {"checkpointPercentages": [25, 50, 100]}}


def refused(**wanted: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as found:
        parse({**SMALLEST, **wanted})
    return {error.field: error.message for error in found.value.fields}


def test_nobody_is_asked_by_default() -> None:
    assert parse(SMALLEST).approval == NEVER == ApprovalPlan((), DAY)


def test_the_image_is_approved_for_every_rollout() -> None:
    for rollout in ("drain", "recreate", "rolling", "none"):
        request = parse({**SMALLEST, "rollout": rollout, "approval": {"at": ["image"]}})
        assert request.approval == ApprovalPlan(("image",), DAY)


@pytest.mark.parametrize(
    "wanted",
    [
        {"rollout": "recreate"},
        {"rollout": "rolling"},
        {"rollout": "rolling", "rolling": {"checkpointPercentages": [100]}},
    ],
)
def test_a_checkpoint_needs_one_below_all_of_the_group(wanted: dict[str, Any]) -> None:
    assert "approval.at" in refused(**wanted, approval={"at": ["image", "checkpoint"]})


@pytest.mark.parametrize(
    ("at", "longest"),
    [(["image"], 14 * DAY), (["checkpoint"], 7 * DAY), (["image", "checkpoint"], 14 * DAY // 3)],
)
def test_all_requests_of_a_run_wait_14_days_at_most(at: list[str], longest: int) -> None:
    wanted = {**SMALLEST, **ROLLING, "timeouts": {"rollout": 7201}}

    assert parse({**wanted, "approval": {"at": at, "timeout": longest}}).approval.timeout == longest
    assert "approval.timeout" in refused(**ROLLING, approval={"at": at, "timeout": longest + 1})


def test_refreshes_with_approvals_have_no_delay_and_end_in_7_days() -> None:
    at = {"at": ["checkpoint"]}
    delayed = {**ROLLING["rolling"], "checkpointDelay": 60}  # type: ignore[dict-item]

    assert parse({**SMALLEST, **ROLLING, "approval": at, "timeouts": {"rollout": 60}}).approval.at
    assert "rolling.checkpointDelay" in refused(rollout="rolling", rolling=delayed, approval=at)
    assert "timeouts.rollout" in refused(**ROLLING, approval=at, timeouts={"rollout": 201_601})


@pytest.mark.parametrize(
    "approval",
    [{}, {"timeout": 300}, {"at": []}, {"at": ["lunch"]}, {"at": ["image", "image"]}, {"at": "image"}],
)
def test_an_approval_says_when(approval: dict[str, Any]) -> None:
    assert any(field.startswith("approval.at") for field in refused(approval=approval))


def stage(number: int, *, approves: bool, **wanted: Any) -> RefreshPreferences:
    preferences = RefreshPreferences(
        min_healthy_percentage=100,
        max_healthy_percentage=110,
        skip_matching=False,
        scale_in_protected_instances="Wait",
        standby_instances="Wait",
        bake_time=60,
        **wanted,
    )
    return Stage(number, LaunchTemplate("lt-1", "web", 2), preferences, TIMEOUTS, approves).preferences


def test_a_roll_without_approvals_is_one_refresh() -> None:
    wanted = stage(1, approves=False, checkpoint_percentages=(50, 100), checkpoint_delay=60)

    assert (wanted.checkpoint_percentages, wanted.checkpoint_delay) == ((50, 100), 60)
    assert (wanted.skip_matching, wanted.bake_time) == (False, 60)


def test_no_stage_waits_at_its_end_where_aws_would_wait_for_an_hour() -> None:
    first, last = (stage(number, approves=True, checkpoint_percentages=(50, 100)) for number in (1, 2))

    assert (first.checkpoint_percentages, first.checkpoint_delay) == ((50,), 0)
    assert (last.checkpoint_percentages, last.checkpoint_delay) == (None, None)


def test_each_checkpoint_is_the_end_of_a_refresh_and_the_last_one_bakes() -> None:
    stages = [stage(number, approves=True, checkpoint_percentages=(25, 50, 100)) for number in (1, 2, 3)]

    assert [one.checkpoint_percentages for one in stages] == [(25,), (50,), None]
    assert [one.skip_matching for one in stages] == [False, True, True]
    assert [one.bake_time for one in stages] == [None, None, 60]
