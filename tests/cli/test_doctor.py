"""`doctor`: what would stop a run, found without changing anything."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.cli.test_operating import name_of, waiting, with_endpoints
from tests.workflow.conftest import approved, changes, next_call

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import Client
    from tests.cli.conftest import GoldenImage


@contextmanager
def suspended(sandbox: Client) -> Iterator[None]:
    """The sweeper's schedule, while somebody has suspended it."""
    outputs = sandbox.aws("cloudformation").describe_stacks(StackName=sandbox.endpoints.stackName)
    found = {one["OutputKey"]: one["OutputValue"] for one in outputs["Stacks"][0]["Outputs"]}
    scheduler = sandbox.aws("scheduler")
    schedule = scheduler.get_schedule(Name=found["SweepScheduleName"])
    kept = {
        key: schedule[key]
        for key in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
        if key in schedule
    }
    scheduler.update_schedule(**kept, State="DISABLED")
    try:
        yield
    finally:
        scheduler.update_schedule(**kept, State="ENABLED")


def test_a_stack_that_is_well_stops_nothing(sandbox: Client, golden_image: GoldenImage) -> None:
    since = next_call(sandbox)
    told = golden_image("doctor", "--sandbox")
    read = golden_image("doctor", "--sandbox", "--json")
    assert (told.code, read.code) == (0, 0), told.out + told.err
    found = {one["subject"]: one for one in read.json}
    assert found.keys() == {
        "stack",
        "workflows",
        "version",
        "rights",
        "locks",
        "sweeper",
        "schedule",
        "topic",
    }
    assert {subject for subject, one in found.items() if one["state"] == "unknown"} == set()
    assert "ok workflows" in told.out
    assert max(len(line) for line in told.out.splitlines() if "arn:" not in line) <= 80
    assert changes(sandbox, since) == []


def test_a_lock_that_a_run_holds_is_named_with_the_run(
    sandbox: Client, golden_image: GoldenImage, group: str
) -> None:
    run = waiting(sandbox, group)
    told = golden_image("doctor", "--sandbox", "--json")
    assert told.code == 0
    locks = [one["text"] for one in told.json if one["subject"] == "locks"]
    assert any(f"group {group}" in text and f"locked by {name_of(run)}" in text for text in locks)
    approved(sandbox, run)


def test_a_suspended_sweeper_stops_runs(sandbox: Client, golden_image: GoldenImage) -> None:
    with suspended(sandbox):
        told = golden_image("doctor", "--sandbox")
    assert told.code == 1
    assert "!! sweeper" in told.out
    assert "Enable the schedule." in " ".join(told.out.split())


def test_a_stack_that_is_not_there_is_a_wrong_call(sandbox: Client, tmp_path: Path) -> None:
    told = with_endpoints(tmp_path, sandbox, stackName="no-such-stack")("doctor", "--sandbox")
    assert told.code == 2
    assert "Stack no-such-stack does not exist" in told.err
