from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from moto.stepfunctions import stepfunctions_backends

from golden_image.run import ledger
from golden_image.run.children import child_name, execution_arn
from golden_image.undo.begin import Beginning, begin
from tests.unit.account import ACCOUNT_ID, REGION, RUN, UNDO

if TYPE_CHECKING:
    from golden_image.model.plan import Plan
    from tests.unit.account import Account

SOON, LATER = Beginning(undo=True, wait_seconds=0), Beginning(undo=True, wait_seconds=60)
NOTHING = Beginning(undo=False, wait_seconds=0)


class Executions:
    """The run's execution and that of its rollout."""

    def __init__(self, account: Account) -> None:
        self._client = account.client("stepfunctions")
        role = f"arn:aws:iam::{ACCOUNT_ID}:role/machine"
        self._machines = {
            name: self._client.create_state_machine(name=name, definition="{}", roleArn=role)[
                "stateMachineArn"
            ]
            for name in ("refresh", "prove-image", "roll-out", "run-document")
        }
        self.roll_out = self.of("roll-out", "roll-out")

    def of(self, name: str, chapter: str) -> str:
        """The ARN of the run's execution of a chapter."""
        return execution_arn(self.machine(name), child_name(RUN, chapter, 1))

    def machine(self, name: str) -> str:
        arn: str = self._machines[name]
        return arn

    def start(self, arn: str) -> None:
        machine, name = arn.split(":")[-2:]
        started = self._client.start_execution(stateMachineArn=self._machines[machine], name=name)
        assert started["executionArn"] == arn

    def end(self, arn: str, status: str) -> None:
        stepfunctions_backends[ACCOUNT_ID][REGION].describe_execution(arn).status = status

    def status(self, arn: str) -> str:
        described: str = self._client.describe_execution(executionArn=arn)["status"]
        return described


@pytest.fixture
def executions(account: Account, ledger_table: None, monkeypatch: pytest.MonkeyPatch) -> Executions:
    assert ledger_table is None
    executions = Executions(account)
    for name in ("prove-image", "roll-out", "run-document"):
        monkeypatch.setenv(f"{name.upper().replace('-', '_')}_ARN", executions.machine(name))
    executions.start(RUN)
    return executions


@pytest.fixture
def plan(account: Account, executions: Executions) -> Plan:
    """The plan of a run that holds its locks and is under way."""
    assert executions.status(RUN) == "RUNNING"
    plan = account.plan(account.seed())
    ledger.lock(plan, UNDO)
    return plan


def test_a_run_without_a_row_has_nothing_to_undo(account: Account, executions: Executions) -> None:
    executions.start(executions.roll_out)
    account.forget_calls()
    assert begin(RUN, ended=False) == NOTHING
    assert executions.status(executions.roll_out) == "RUNNING"


@pytest.mark.usefixtures("plan")
def test_a_committed_run_is_never_undone(account: Account, executions: Executions) -> None:
    executions.start(executions.roll_out)
    account.commit(RUN)
    assert begin(RUN, ended=False) == NOTHING
    assert executions.status(executions.roll_out) == "RUNNING"


@pytest.mark.usefixtures("plan")
def test_a_run_that_is_being_undone_is_claimed() -> None:
    assert begin(RUN, ended=False).undo
    row = ledger.read(RUN)
    assert row
    assert not row.committed
    assert begin(RUN, ended=False).undo


@pytest.mark.usefixtures("plan", "executions")
def test_a_run_that_calls_its_undo_before_its_rollout_has_no_handler_left() -> None:
    assert begin(RUN, ended=False) == SOON


@pytest.mark.usefixtures("plan")
@pytest.mark.parametrize("status", ["FAILED", "SUCCEEDED"])
def test_a_rollout_that_ended_by_itself_has_no_handler_left(executions: Executions, status: str) -> None:
    executions.start(executions.roll_out)
    executions.end(executions.roll_out, status)
    assert begin(RUN, ended=False) == SOON
    assert executions.status(executions.roll_out) == status


@pytest.mark.usefixtures("plan")
def test_a_rollout_under_way_is_stopped_and_its_last_handler_waited_for(executions: Executions) -> None:
    executions.start(executions.roll_out)
    assert begin(RUN, ended=False) == LATER
    assert executions.status(executions.roll_out) == "ABORTED"
    # The next try, where the answer was lost, has to wait for as long.
    assert begin(RUN, ended=False) == LATER


@pytest.mark.usefixtures("plan")
def test_a_rollout_that_ran_out_of_time_may_have_a_handler_at_work(executions: Executions) -> None:
    executions.start(executions.roll_out)
    executions.end(executions.roll_out, "TIMED_OUT")
    assert begin(RUN, ended=False) == LATER


@pytest.mark.usefixtures("plan", "executions")
def test_a_run_that_is_over_may_have_a_handler_at_work() -> None:
    assert begin(RUN, ended=True) == LATER


@pytest.mark.usefixtures("plan")
def test_a_rollout_that_ends_while_it_is_stopped_is_no_failure(
    account: Account, executions: Executions
) -> None:
    executions.start(executions.roll_out)
    account.faults({"service": "stepfunctions", "action": "StopExecution", "code": "ValidationException"})
    assert begin(RUN, ended=False) == LATER


@pytest.mark.parametrize(
    ("machine", "chapter"),
    [("run-document", "prepare"), ("prove-image", "prove-image"), ("run-document", "canary")],
)
def test_each_child_under_way_is_stopped(
    plan: Plan, executions: Executions, machine: str, chapter: str
) -> None:
    child = executions.of(machine, chapter)
    executions.start(child)
    assert begin(plan.run, ended=False) == LATER
    assert executions.status(child) == "ABORTED"
