from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from moto.stepfunctions import stepfunctions_backends

from golden_image import polling
from golden_image.errors import RollBackIncomplete
from golden_image.group import group
from golden_image.image import snapshots
from golden_image.run import ledger
from golden_image.source import power
from golden_image.undo import sweeper
from tests.unit.account import ACCOUNT_ID, LEDGER, OTHER_RUN, REGION, RUN, kept_plan

if TYPE_CHECKING:
    from golden_image.model.plan import Plan
    from tests.unit.account import Account

SETTLE_SECONDS = 120
LONG_AGO = timedelta(days=1)


class Executions:
    """The state machine's executions, and how each ended."""

    def __init__(self, account: Account) -> None:
        self._client = account.client("stepfunctions")
        self._machine: str = self._client.create_state_machine(
            name="refresh", definition="{}", roleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/machine"
        )["stateMachineArn"]

    def start(self, run: str) -> None:
        name = run.rpartition(":")[2]
        started = self._client.start_execution(stateMachineArn=self._machine, name=name)
        assert started["executionArn"] == run

    def end(self, run: str, status: str, ago: timedelta = LONG_AGO) -> None:
        execution = stepfunctions_backends[ACCOUNT_ID][REGION].describe_execution(run)
        execution.status, execution.stop_date = status, datetime.now(UTC) - ago


@pytest.fixture
def executions(account: Account, ledger_table: None, monkeypatch: pytest.MonkeyPatch) -> Executions:
    assert ledger_table is None
    topic = account.client("sns").create_topic(Name="notifications")["TopicArn"]
    monkeypatch.setenv("NOTIFICATION_TOPIC_ARN", topic)
    monkeypatch.setenv("SETTLE_SECONDS", str(SETTLE_SECONDS))
    return Executions(account)


@pytest.fixture
def plan(account: Account, executions: Executions) -> Plan:
    """A run that has stopped its source and made its snapshots, and is under way."""
    plan = account.plan(account.seed())
    executions.start(RUN)
    carry_out(plan)
    return plan


def carry_out(plan: Plan) -> None:
    facts = plan.source
    ledger.lock(plan)
    power.stop(facts.instance_id)
    power.check_stopped(facts.instance_id, 0, 900)
    snapshots.create(plan.run, facts.instance_id, [volume.volume_id for volume in facts.volumes], {})


def sweep(*runs: str) -> list[str]:
    """Two sweeps: the first undoes, the second finds nothing any more."""
    assert sweeper.sweep(runs) == []
    return sweeper.sweep(runs)


def told(account: Account) -> list[dict[str, Any]]:
    """What the topic heard."""
    return [json.loads(message["Message"]) for message in account.calls("Publish")]


# Which runs


def test_a_run_that_is_under_way_is_left_alone(account: Account, plan: Plan) -> None:
    account.forget_calls()
    assert sweeper.sweep([RUN]) == []
    assert account.changes() == []
    assert kept_plan(RUN) == plan


@pytest.mark.parametrize("status", ["ABORTED", "FAILED", "TIMED_OUT"])
def test_a_run_that_ended_badly_is_undone_and_unlocked(
    account: Account, plan: Plan, executions: Executions, status: str
) -> None:
    executions.end(RUN, status)
    assert sweep(RUN) == [RUN]
    assert snapshots.of_run(RUN) == []
    assert account.state(plan.source.instance_id) == "running"
    assert ledger.read(RUN) is None
    ledger.lock(replace(account.plan(plan.source.instance_id), run=OTHER_RUN))


def test_a_run_that_succeeded_is_only_unlocked(account: Account, plan: Plan, executions: Executions) -> None:
    executions.end(RUN, "SUCCEEDED", ago=timedelta(0))
    assert sweeper.sweep([RUN]) == [RUN]
    assert len(snapshots.of_run(RUN)) == len(plan.source.volumes)
    assert account.state(plan.source.instance_id) == "stopped"
    assert ledger.read(RUN) is None
    assert told(account) == []


@pytest.mark.parametrize("status", ["ABORTED", "FAILED", "TIMED_OUT"])
def test_a_run_that_ended_badly_after_its_rollout_is_only_unlocked(
    account: Account, plan: Plan, executions: Executions, status: str
) -> None:
    account.commit(RUN)
    executions.end(RUN, status)
    assert sweeper.sweep([RUN]) == [RUN]
    assert len(snapshots.of_run(RUN)) == len(plan.source.volumes)
    assert ledger.read(RUN) is None


def test_a_run_that_step_functions_has_forgotten_is_undone(account: Account, executions: Executions) -> None:
    executions.start(RUN)
    carry_out(replace(account.plan(account.seed()), run=OTHER_RUN))
    assert sweep(OTHER_RUN) == [OTHER_RUN]
    assert snapshots.of_run(OTHER_RUN) == []


def test_a_run_without_a_row_is_left_alone(account: Account, executions: Executions) -> None:
    executions.start(RUN)
    executions.end(RUN, "FAILED")
    account.forget_calls()
    assert sweeper.sweep([RUN]) == []
    assert account.changes() == []


# When


def test_the_locks_are_kept_while_a_handler_may_still_be_at_work(
    account: Account, plan: Plan, executions: Executions
) -> None:
    executions.end(RUN, "ABORTED", ago=timedelta(seconds=SETTLE_SECONDS - 5))
    assert sweep(RUN) == []
    assert snapshots.of_run(RUN) == []
    assert kept_plan(RUN) == plan
    assert told(account) == []
    # What that handler makes after the sweep is undone by the next.
    snapshots.create(RUN, plan.source.instance_id, [v.volume_id for v in plan.source.volumes], {})
    executions.end(RUN, "ABORTED", ago=timedelta(seconds=SETTLE_SECONDS + 5))
    assert sweep(RUN) == [RUN]
    assert snapshots.of_run(RUN) == []
    assert ledger.read(RUN) is None


def test_a_sweep_that_found_something_looks_again_before_it_unlocks(
    plan: Plan, executions: Executions
) -> None:
    executions.end(RUN, "ABORTED")
    assert sweeper.sweep([RUN]) == []
    assert kept_plan(RUN) == plan
    assert sweeper.sweep([RUN]) == [RUN]


def test_a_group_that_is_still_being_deleted_keeps_the_locks(
    account: Account, plan: Plan, executions: Executions
) -> None:
    made = account.group()
    marks = [{"ResourceId": "web", "ResourceType": "auto-scaling-group", "Key": "golden-image:run"}]
    account.client("autoscaling").create_or_update_tags(
        Tags=[{**mark, "Value": RUN, "PropagateAtLaunch": False} for mark in marks]
    )
    executions.end(RUN, "ABORTED")
    assert made["Instances"]
    account.freeze()
    assert [sweeper.sweep([RUN]) for _ in range(3)] == [[], [], []]
    assert kept_plan(RUN) == plan
    account.flow()
    assert group.find("web") is None
    assert sweeper.sweep([RUN]) == [RUN]


# What fails


def test_one_run_that_cannot_be_undone_does_not_keep_the_others(
    account: Account, plan: Plan, executions: Executions
) -> None:
    other = replace(account.plan(account.seed(), autoScalingGroupName="other"), run=OTHER_RUN)
    executions.start(OTHER_RUN)
    carry_out(other)
    for run in (RUN, OTHER_RUN):
        executions.end(run, "ABORTED")
    denied = {"code": "UnauthorizedOperation", "times": None}
    account.faults(
        {"service": "ec2", "action": "StartInstances", "match": {"InstanceIds": plan.source.instance_id}}
        | denied
    )
    for _ in range(2):
        with pytest.raises(RollBackIncomplete, match=f"^{RUN}: RollBackIncomplete: could not undo: source"):
            sweeper.sweep([RUN, OTHER_RUN])
    assert kept_plan(RUN) == plan
    assert ledger.read(OTHER_RUN) is None
    assert account.state(other.source.instance_id) == "running"
    account.faults()
    assert sweep(RUN) == [RUN]


def test_every_run_that_cannot_be_undone_is_named(
    account: Account, plan: Plan, executions: Executions
) -> None:
    carry_out(replace(account.plan(account.seed(), autoScalingGroupName="other"), run=OTHER_RUN))
    executions.end(RUN, "ABORTED")
    account.faults({"service": "ec2", "action": "DescribeImages", "code": "InternalError", "times": None})
    with pytest.raises(RollBackIncomplete, match=f"{RUN}: ServiceUnavailable: .*; {OTHER_RUN}: "):
        sweeper.sweep([RUN, OTHER_RUN])
    assert kept_plan(RUN) == plan


def test_an_unlock_that_broke_off_is_finished_by_the_next_sweep(
    account: Account, plan: Plan, executions: Executions
) -> None:
    assert plan.run == RUN
    executions.end(RUN, "ABORTED")
    sweeper.sweep([RUN])
    account.faults({"service": "dynamodb", "action": "DeleteItem", "code": "InternalServerError"})
    with pytest.raises(RollBackIncomplete, match="ServiceUnavailable"):
        sweeper.sweep([RUN])
    assert sweeper.sweep([RUN]) == [RUN]
    assert ledger.open_runs() == []


# Who hears of it


def test_the_topic_hears_once_what_was_cleaned_up(
    account: Account, plan: Plan, executions: Executions
) -> None:
    assert plan.run == RUN
    executions.end(RUN, "ABORTED")
    sweep(RUN)
    assert sweeper.sweep([RUN]) == []
    (message,) = told(account)
    assert (message["run"], message["status"]) == (RUN, "ABORTED")
    assert account.calls("Publish")[0]["Subject"] == "Golden image refresh cleaned up"


# How it is started


def handle(event: dict[str, Any], context: object) -> Any:
    return import_module("handlers.undo.sweep_runs").handler(event, context)


def test_an_event_of_an_end_sweeps_that_run(
    account: Account, plan: Plan, executions: Executions, context: object
) -> None:
    other = replace(account.plan(account.seed(), autoScalingGroupName="other"), run=OTHER_RUN)
    executions.start(OTHER_RUN)
    carry_out(other)
    for run in (RUN, OTHER_RUN):
        executions.end(run, "ABORTED")
    event = json.loads(Path("events/sweep_runs.json").read_text(encoding="utf-8"))
    event["detail"]["executionArn"] = RUN
    assert [handle(event, context) for _ in range(2)] == [{"clean": []}, {"clean": [RUN]}]
    assert (kept_plan(RUN), kept_plan(OTHER_RUN)) == (None, other)
    assert account.state(plan.source.instance_id) == "running"


@pytest.mark.parametrize(
    "event",
    [
        {},
        {
            "version": "0",
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "resources": ["arn:aws:scheduler:ap-northeast-2:123456789012:schedule/default/sweep"],
            "detail": "{}",
        },
    ],
)
def test_a_schedule_sweeps_every_run_that_has_a_row(
    account: Account, plan: Plan, executions: Executions, context: object, event: dict[str, Any]
) -> None:
    other = replace(account.plan(account.seed(), autoScalingGroupName="other"), run=OTHER_RUN)
    executions.start(OTHER_RUN)
    carry_out(other)
    executions.end(RUN, "ABORTED")
    assert [handle(event, context) for _ in range(2)] == [{"clean": []}, {"clean": [RUN]}]
    assert (kept_plan(RUN), kept_plan(OTHER_RUN)) == (None, other)
    assert account.state(plan.source.instance_id) == "running"


def test_a_row_that_nobody_can_read_does_not_keep_the_others(
    account: Account, plan: Plan, executions: Executions, context: object
) -> None:
    assert plan.run == RUN
    account.client("dynamodb").put_item(
        TableName=LEDGER, Item={"pk": {"S": f"run#{OTHER_RUN}"}, "plan": {"S": "{}"}}
    )
    executions.end(RUN, "ABORTED")
    for _ in range(2):
        with pytest.raises(RollBackIncomplete, match=OTHER_RUN):
            handle({}, context)
    assert ledger.read(RUN) is None


def test_settled_means_longer_than_a_first_look() -> None:
    assert SETTLE_SECONDS > polling.SETTLED_AFTER
