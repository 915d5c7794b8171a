"""The stack of the version before is upgraded to this one while runs are under way, and is then removed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sandbox.build import local_template
from sandbox.client import Client
from sandbox.identities import tell_identities
from sandbox.launcher import STACK_NAME, emulators
from sandbox.stacks import resources_of
from tests.conftest import SCALE
from tests.workflow.conftest import eventually, locks, source_state
from tests.workflow.upgrading import Stack, build_before

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GUARD = "NoOpenRuns"


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack of the version before, in a sandbox of each test's own."""
    with emulators(tmp_path / "sandbox", SCALE) as emulated:
        built = local_template(tmp_path / "before.log", build_before(tmp_path / "before"))
        endpoints = emulated.deploy(built)
        tell_identities(endpoints)
        yield Stack(Client(endpoints), tmp_path)


def undoing(stack: Stack, run: str) -> bool:
    """Whether the undo of a run that is over has made a pass, and waits for the next."""
    states = stack.sandbox.stepfunctions
    machine = stack.sandbox.endpoints.stateMachines["undo"]
    found = states.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
    about = [one["executionArn"] for one in found]
    return any(
        run in states.describe_execution(executionArn=one)["input"]
        and "Wait for Roll Back" in stack.states(one)
        for one in about
    )


def test_no_run_is_lost_in_an_upgrade_and_no_lock_stays(stack: Stack) -> None:
    """One waits for its snapshots, one drains its group, and one is being undone."""
    sandbox = stack.sandbox
    draining = stack.start_and_hold("draining", "Check Group Drained")
    stopped = stack.start_and_hold("stopped", "Check Group Drained")
    sandbox.stop(stopped)
    eventually(lambda: undoing(stack, stopped))
    waiting = stack.start_and_hold("waiting")

    stack.update(stack.first)
    for run in (draining, waiting):
        assert sandbox.stepfunctions.describe_execution(executionArn=run)["status"] == "RUNNING"
    assert not stack.undone(stopped)
    stack.let_go()

    assert stack.drained(draining)
    assert stack.drained(waiting)
    eventually(lambda: stack.undone(stopped))
    assert locks(sandbox) == []
    source = sandbox.seed()["instanceId"]
    assert stack.drained(sandbox.start({"sourceInstanceId": source, "autoScalingGroupName": "after"}))


def resources(stack: Stack) -> set[tuple[str, str]]:
    """The stack's, but for aliases: a refusal does not keep those that nothing calls."""
    found = resources_of(stack.sandbox.aws("cloudformation"), STACK_NAME)
    kept = [one for one in found if one["ResourceType"] != "AWS::Lambda::Alias"]
    return {(one["LogicalResourceId"], one["PhysicalResourceId"]) for one in kept}


def failures(stack: Stack, name: str) -> list[str]:
    """The reasons for which something could not be deleted, the stack itself or a resource of it."""
    events = stack.sandbox.aws("cloudformation").describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    failed = [one for one in events if one["ResourceStatus"] == "DELETE_FAILED"]
    return [one["ResourceStatusReason"] for one in failed if one["LogicalResourceId"] == name]


def test_a_stack_with_an_open_run_is_not_removed_and_the_run_goes_on(stack: Stack) -> None:
    """Twice, as `sam delete` tries it."""
    sandbox, cloudformation = stack.sandbox, stack.sandbox.aws("cloudformation")
    stack.update(stack.first)
    run = stack.start_and_hold("kept")
    given = json.loads(sandbox.stepfunctions.describe_execution(executionArn=run)["input"])
    before = resources(stack)

    for number in (1, 2):
        cloudformation.delete_stack(StackName=STACK_NAME)
        eventually(lambda number=number: len(failures(stack, STACK_NAME)) == number)  # type: ignore[misc]

    assert all(one.startswith(f"Runs are open: {run}.") for one in failures(stack, GUARD))
    assert set(failures(stack, STACK_NAME)) == {f"The following resource(s) failed to delete: [{GUARD}]."}
    assert resources(stack) == before
    stack.let_go()
    assert stack.drained(run)
    assert source_state(sandbox, given["sourceInstanceId"]) == "running"
    assert locks(sandbox) == []

    cloudformation.delete_stack(StackName=STACK_NAME)
    waiter = cloudformation.get_waiter("stack_delete_complete")
    eventually(lambda: sandbox.aws("lambda").list_functions()["Functions"] == [])
    waiter.wait(StackName=STACK_NAME, WaiterConfig={"Delay": 1})
