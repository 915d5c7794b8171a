"""The commands of the guides are run as they stand, page by page, in a sandbox that stands for AWS."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.guides.terminal import command_lines
from tests.workflow.conftest import locks

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.guides.conftest import Stage

_SECONDS = 300


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < deadline, "never happened"
        time.sleep(0.1)


def _in_service(stage: Stage) -> int:
    [group] = stage.client.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])[
        "AutoScalingGroups"
    ]
    return sum(one["LifecycleState"] == "InService" for one in group["Instances"])


def _all_over(stage: Stage) -> None:
    """Wait until no run goes on and nothing is locked: a page may start or stop one and go on."""
    machine = stage.client.endpoints.stateMachineArn
    functions = stage.client.aws("stepfunctions")
    _until(
        lambda: not functions.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
    )
    _until(lambda: locks(stage.client) == [])


def test_a_group_is_rolled_with_two_approvals(stage: Stage) -> None:
    lines = stage.lines("docs/guides/roll.md")
    apply = next(index for index, line in enumerate(lines) if line.startswith("golden-image apply"))
    answers = [line for line in lines[apply + 1 :] if "approve" in line or line.startswith("export")]
    with stage.terminal() as first, stage.terminal() as second:
        assert [one for one in map(first.run, lines[:apply]) if one.code != 0] == []
        first.start(lines[apply])
        approve = answers.pop()
        for line in answers:
            assert second.run(line).code == 0
        for _ in ("image", "checkpoint"):
            _until(lambda: second.run(approve).code == 0)
        assert first.ended(lines[apply]).code == 0
    assert _in_service(stage) == 3


def test_a_group_goes_back_by_each_command_of_the_page(stage: Stage) -> None:
    stage.do(f"golden-image start {stage.source} web --rollout rolling --watch")

    ended = stage.do(*stage.lines("docs/guides/go-back.md"))

    _all_over(stage)
    assert any("generation" in one.printed for one in ended)


def test_a_drained_group_is_filled(stage: Stage) -> None:
    stage.do(f"golden-image start {stage.source} web --rollout drain --watch")
    assert _in_service(stage) == 0

    stage.do(*stage.lines("docs/guides/fill.md"))

    _until(lambda: _in_service(stage) == 3)


def test_a_failed_run_is_found_and_read_with_the_commands_for_the_person_on_call(stage: Stage) -> None:
    with stage.terminal() as terminal:
        failing = (
            f"golden-image start {stage.source} web --input events/execution/03-canary-document.json --watch"
        )
        assert terminal.run(failing).code == 1
    headings = ("## Find the run", "## The sweeper", "## Read the ledger")

    ended = stage.do(*stage.lines("docs/guides/failure.md", *headings))

    described = next(one for one in ended if "describe-execution" in one.line)
    assert "CanaryFailed" in described.printed


def test_a_run_is_started_watched_and_stopped(stage: Stage) -> None:
    lines = stage.lines("docs/guides/run.md", "## golden-image", "## CLI", "## Stop a run")
    stops = [line for line in lines if "stop" in line.split()[1:3] or "stop-execution" in line]
    assert len(stops) == 2
    # They do the same: the second would stop what the first has stopped.
    lines.remove(stops[1])

    stage.do(*lines)

    _all_over(stage)
    _until(lambda: _in_service(stage) == 3)


def test_the_korean_guide_s_commands_do_what_it_says(stage: Stage) -> None:
    name = "docs/guides/guide.ko.md"
    lines = stage.lines(name, "## 따라 하기")
    with stage.terminal() as terminal:
        ended = [terminal.run(line) for line in lines]
    _all_over(stage)

    failed = [one for one in ended if one.code != 0]
    assert [(one.code, "03-canary-document.json" in one.line) for one in failed] == [(1, True)], failed
    assert any("CanaryFailed" in one.printed for one in ended if "why" in one.line)


def test_a_block_is_cut_into_whole_command_lines() -> None:
    assert command_lines("A=$(b \\\n  c)\n\nd e\n") == ["A=$(b c)", "d e"]
