from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from moto.stepfunctions import stepfunctions_backends

from golden_image import aws
from golden_image.errors import GoldenImageError, RollBackIncomplete
from golden_image.generation import commit, store
from golden_image.image import owned, snapshots
from golden_image.run import ledger
from golden_image.run.children import child_name, execution_arn
from golden_image.source import power
from golden_image.undo import begin, sweeper
from golden_image.undo import undo as undoing
from tests.unit.account import ACCOUNT_ID, LEDGER, OTHER_RUN, REGION, RUN, UNDO, kept_plan
from tests.unit.golden_image.metrics.lines import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_ec2.type_defs import SnapshotTypeDef

    from golden_image.model.plan import Plan
    from golden_image.model.source import Source
    from golden_image.run.ledger import Row
    from tests.unit.account import Account

ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/machine"


AN_HOUR = timedelta(hours=1)


def undo_arn(run: str, attempt: int = 1) -> str:
    return execution_arn(UNDO, child_name(run, "undo", attempt))


class Executions:
    """Runs and their undos, and how each ended."""

    def __init__(self, account: Account) -> None:
        self._client = account.client("stepfunctions")
        self._backend = stepfunctions_backends[ACCOUNT_ID][REGION]
        self._machine: str = self._client.create_state_machine(name="refresh", definition="{}", roleArn=ROLE)[
            "stateMachineArn"
        ]
        made = self._client.create_state_machine(name="refresh-undo", definition="{}", roleArn=ROLE)
        assert made["stateMachineArn"] == UNDO

    def start(self, run: str) -> None:
        name = run.rpartition(":")[2]
        started = self._client.start_execution(stateMachineArn=self._machine, name=name)
        assert started["executionArn"] == run

    def end(self, arn: str, status: str, **outcome: Any) -> None:
        execution = self._backend.describe_execution(arn)
        execution.status = status
        for field, value in outcome.items():
            setattr(execution, field, value)

    def undos(self) -> dict[str, Any]:
        """The input of each undo that was started, by its ARN."""
        undos = next(m for m in self._backend.state_machines if m.arn == UNDO).executions
        return {one.execution_arn: json.loads(one.execution_input) for one in undos}

    def play(self) -> None:
        """Do the work of the workflow undo, in each of its executions that is under way."""
        for arn, given in self.undos().items():
            if self._backend.describe_execution(arn).status == "RUNNING":
                try:
                    with aws.named_errors():
                        self._undo(given["run"], ended="status" in given)
                    self.end(arn, "SUCCEEDED")
                except GoldenImageError as error:
                    self.end(arn, "FAILED", error=type(error).__name__, cause=str(error))

    @staticmethod
    def _undo(run: str, ended: bool) -> None:
        beginning = begin.begin(run, ended)
        if beginning.undo:
            waited = 0
            while not (check := undoing.undo(run, waited, 3600)).done:
                waited += check.wait_seconds
            ledger.unlock(run)


def with_undo(arn: str) -> Callable[[str], Row | None]:
    """Rows as they are, of runs that began with this version of undo."""
    read = ledger.read

    def changed(run: str) -> Row | None:
        row = read(run)
        return replace(row, undo=arn) if row else None

    return changed


@pytest.fixture
def executions(account: Account, ledger_table: None, monkeypatch: pytest.MonkeyPatch) -> Executions:
    assert ledger_table is None
    for name in ("PROVE_IMAGE", "ROLL_OUT", "RUN_DOCUMENT"):
        machine = f"refresh-{name.lower().replace('_', '-')}"
        monkeypatch.setenv(f"{name}_ARN", f"arn:aws:states:{REGION}:{ACCOUNT_ID}:stateMachine:{machine}")
    return Executions(account)


@pytest.fixture
def plan(account: Account, executions: Executions) -> Plan:
    """A run that has stopped its source and made its snapshots, and is under way."""
    plan = account.plan(account.seed())
    executions.start(RUN)
    carry_out(plan)
    return plan


@pytest.fixture
def other(account: Account, executions: Executions) -> Plan:
    """Another such run, of another source and group."""
    plan = replace(account.plan(account.seed(), autoScalingGroupName="other"), run=OTHER_RUN)
    executions.start(OTHER_RUN)
    carry_out(plan)
    return plan


def carry_out(plan: Plan) -> None:
    facts = plan.source
    ledger.lock(plan, UNDO)
    power.stop(facts.instance_id)
    power.check_stopped(facts.instance_id, 0, 900)
    snapshots.create(plan.run, facts.instance_id, [volume.volume_id for volume in facts.volumes], {})


def of_run(run: str, source: Source) -> list[SnapshotTypeDef]:
    return owned.snapshots(run, source.instance_id, [volume.volume_id for volume in source.volumes])


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
    assert sweeper.sweep([RUN]) == []
    about = {"group": "web", "source": plan.source.instance_id}
    assert executions.undos() == {undo_arn(RUN): {"run": RUN, "status": status, **about}}
    executions.play()
    assert of_run(RUN, plan.source) == []
    assert account.state(plan.source.instance_id) == "running"
    assert ledger.read(RUN) is None
    ledger.lock(replace(account.plan(plan.source.instance_id), run=OTHER_RUN), UNDO)


@pytest.mark.usefixtures("plan")
def test_an_undo_is_told_the_error_and_the_duration_of_the_run_and_not_its_cause(
    account: Account, executions: Executions
) -> None:
    began = account.client("stepfunctions").describe_execution(executionArn=RUN)["startDate"]
    executions.end(RUN, "FAILED", error="States.Runtime", cause="hunter2", stop_date=began + AN_HOUR)
    sweeper.sweep([RUN])
    given = executions.undos()[undo_arn(RUN)]
    assert given.items() >= {"error": "States.Runtime", "seconds": 3600}.items()
    assert "hunter2" not in str(given)


@pytest.mark.parametrize("status", ["ABORTED", "FAILED", "TIMED_OUT"])
def test_the_sweeper_changes_nothing_of_a_run_that_ended_badly(
    account: Account, plan: Plan, executions: Executions, status: str
) -> None:
    executions.end(RUN, status)
    account.forget_calls()
    sweeper.sweep([RUN])
    assert account.changes() == ["StartExecution"]
    assert kept_plan(RUN) == plan


def test_a_run_that_succeeded_is_only_unlocked(account: Account, plan: Plan, executions: Executions) -> None:
    account.commit(RUN)
    executions.end(RUN, "SUCCEEDED")
    assert sweeper.sweep([RUN]) == [RUN]
    assert len(of_run(RUN, plan.source)) == len(plan.source.volumes)
    assert account.state(plan.source.instance_id) == "stopped"
    assert ledger.read(RUN) is None
    assert executions.undos() == {}


def output_of(plan: Plan) -> str:
    """What a commit needs of a run's output."""
    image = {"id": "ami-1", "name": plan.image.name, "snapshotIds": ["snap-1"], "parameterName": "/web"}
    return json.dumps({"image": image, "launchTemplate": {"id": "lt-1", "name": "web", "version": 1}})


@pytest.mark.usefixtures("generations_table")
@pytest.mark.parametrize("meeting", ["_write", "commit"])
def test_of_two_sweeps_that_commit_a_run_at_once_neither_fails(
    plan: Plan, executions: Executions, monkeypatch: pytest.MonkeyPatch, meeting: str
) -> None:
    executions.end(RUN, "SUCCEEDED", output=output_of(plan))
    met = getattr(commit, meeting)

    def while_another_sweeps(*given: Any) -> Any:
        monkeypatch.setattr(commit, meeting, met)
        assert sweeper.sweep([RUN]) == [RUN]
        return met(*given)

    monkeypatch.setattr(commit, meeting, while_another_sweeps)
    assert sweeper.sweep([RUN]) == [RUN]
    assert [generation.run for generation in store.every("web")] == [RUN]
    assert ledger.read(RUN) is None


@pytest.mark.usefixtures("generations_table")
def test_a_run_that_succeeded_without_its_commit_is_committed_of_what_its_output_tells(
    account: Account, plan: Plan, executions: Executions
) -> None:
    executions.end(RUN, "SUCCEEDED", output=output_of(plan))
    account.faults({"service": "dynamodb", "action": "TransactWriteItems", "code": "InternalServerError"})
    with pytest.raises(RollBackIncomplete, match="ServiceUnavailable"):
        sweeper.sweep([RUN])
    assert kept_plan(RUN) == plan
    assert list(store.every("web")) == []

    assert sweeper.sweep([RUN]) == [RUN]
    (generation,) = store.every("web")
    assert (generation.number, generation.run, generation.image.id) == (1, RUN, "ami-1")
    assert generation.launch_template.version == 1
    assert generation.started_at
    assert ledger.read(RUN) is None
    assert executions.undos() == {}


@pytest.mark.parametrize("status", ["ABORTED", "FAILED", "TIMED_OUT"])
def test_a_run_that_ended_badly_after_its_rollout_is_only_unlocked(
    account: Account, plan: Plan, executions: Executions, status: str
) -> None:
    account.commit(RUN)
    executions.end(RUN, status)
    assert sweeper.sweep([RUN]) == [RUN]
    assert len(of_run(RUN, plan.source)) == len(plan.source.volumes)
    assert ledger.read(RUN) is None
    assert executions.undos() == {}


def test_a_run_that_step_functions_has_forgotten_is_undone(account: Account, executions: Executions) -> None:
    executions.start(RUN)
    plan = replace(account.plan(account.seed()), run=OTHER_RUN)
    carry_out(plan)
    assert sweeper.sweep([OTHER_RUN]) == []
    assert executions.undos() == {
        undo_arn(OTHER_RUN): {
            "run": OTHER_RUN,
            "status": "FORGOTTEN",
            "group": "web",
            "source": plan.source.instance_id,
        }
    }
    executions.play()
    assert of_run(OTHER_RUN, plan.source) == []


def test_a_run_without_a_row_is_left_alone(account: Account, executions: Executions) -> None:
    executions.start(RUN)
    executions.end(RUN, "FAILED")
    account.forget_calls()
    assert sweeper.sweep([RUN]) == []
    assert account.changes() == []


# One undo at a time


def test_an_undo_that_is_under_way_is_left_alone(
    account: Account, plan: Plan, executions: Executions
) -> None:
    executions.end(RUN, "ABORTED")
    sweeper.sweep([RUN])
    account.forget_calls()
    assert [sweeper.sweep([RUN]) for _ in range(2)] == [[], []]
    assert account.changes() == []
    assert kept_plan(RUN) == plan


@pytest.mark.usefixtures("plan")
def test_an_undo_that_another_sweep_has_just_started_is_left_alone(
    account: Account, executions: Executions
) -> None:
    executions.end(RUN, "ABORTED")
    taken = {"code": "ExecutionAlreadyExists", "status": 400}
    account.faults({"service": "stepfunctions", "action": "StartExecution", **taken})
    assert sweeper.sweep([RUN]) == []


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT"])
def test_an_undo_that_failed_is_told_and_followed_by_another(
    plan: Plan, executions: Executions, status: str
) -> None:
    executions.end(RUN, "ABORTED")
    sweeper.sweep([RUN])
    executions.end(undo_arn(RUN), status, error="RollBackIncomplete", cause="could not undo: source")
    said = f"^{RUN}: RollBackIncomplete: undo 1 ended {status}: RollBackIncomplete: could not undo: source$"
    with pytest.raises(RollBackIncomplete, match=said):
        sweeper.sweep([RUN])
    assert list(executions.undos()) == [undo_arn(RUN), undo_arn(RUN, 2)]
    about = {"group": "web", "source": plan.source.instance_id}
    assert executions.undos()[undo_arn(RUN, 2)] == {"run": RUN, "status": "ABORTED", **about}
    assert sweeper.sweep([RUN]) == []
    executions.end(undo_arn(RUN, 2), "FAILED")
    with pytest.raises(RollBackIncomplete, match=r"undo 2 ended FAILED$"):
        sweeper.sweep([RUN])
    assert list(executions.undos())[2:] == [undo_arn(RUN, 3)]


@pytest.mark.usefixtures("plan")
def test_an_undo_that_was_stopped_is_followed_by_another_without_an_alarm(executions: Executions) -> None:
    executions.end(RUN, "ABORTED")
    sweeper.sweep([RUN])
    executions.end(undo_arn(RUN), "ABORTED")
    assert sweeper.sweep([RUN]) == []
    assert list(executions.undos()) == [undo_arn(RUN), undo_arn(RUN, 2)]


@pytest.mark.usefixtures("plan")
def test_a_run_whose_version_of_undo_was_deleted_is_undone_by_the_newest(
    account: Account, executions: Executions, monkeypatch: pytest.MonkeyPatch
) -> None:
    executions.end(RUN, "ABORTED")
    monkeypatch.setattr(ledger, "read", with_undo(f"{UNDO}:3"))
    account.faults(
        {"service": "stepfunctions", "action": "StartExecution", "code": "StateMachineDoesNotExist"}
    )
    assert sweeper.sweep([RUN]) == []
    assert list(executions.undos()) == [undo_arn(RUN)]


@pytest.mark.usefixtures("plan")
def test_two_sweeps_follow_a_failed_undo_by_one(account: Account, executions: Executions) -> None:
    executions.end(RUN, "ABORTED")
    sweeper.sweep([RUN])
    executions.end(undo_arn(RUN), "FAILED")
    lost = {"code": "ConditionalCheckFailedException", "status": 400}
    account.faults({"service": "dynamodb", "action": "UpdateItem", **lost})
    assert sweeper.sweep([RUN]) == []
    assert list(executions.undos()) == [undo_arn(RUN)]


@pytest.mark.usefixtures("plan")
def test_an_attempt_that_was_counted_and_not_started_is_started(
    account: Account, executions: Executions
) -> None:
    executions.end(RUN, "ABORTED")
    sweeper.sweep([RUN])
    executions.end(undo_arn(RUN), "FAILED")
    account.faults({"service": "stepfunctions", "action": "StartExecution", "code": "InternalServerError"})
    with pytest.raises(RollBackIncomplete, match="ServiceUnavailable"):
        sweeper.sweep([RUN])
    assert sweeper.sweep([RUN]) == []
    assert list(executions.undos()) == [undo_arn(RUN), undo_arn(RUN, 2)]


@pytest.mark.usefixtures("plan")
def test_an_undo_of_the_run_itself_counts(executions: Executions, account: Account) -> None:
    """The run has called it, and was aborted or could not unlock."""
    name = child_name(RUN, "undo", 1)
    account.client("stepfunctions").start_execution(stateMachineArn=UNDO, name=name, input='{"run": "x"}')
    executions.end(RUN, "ABORTED")
    assert sweeper.sweep([RUN]) == []
    ledger.claim_undo(RUN)
    executions.end(undo_arn(RUN), "SUCCEEDED")
    assert sweeper.sweep([RUN]) == [RUN]
    assert list(executions.undos()) == [undo_arn(RUN)]
    assert ledger.read(RUN) is None


# What fails


def test_one_run_that_cannot_be_undone_does_not_keep_the_others(
    account: Account, plan: Plan, other: Plan, executions: Executions
) -> None:
    for run in (RUN, OTHER_RUN):
        executions.end(run, "ABORTED")
    denied = {"code": "UnauthorizedOperation", "times": None}
    account.faults(
        {"service": "ec2", "action": "StartInstances", "match": {"InstanceIds": plan.source.instance_id}}
        | denied
    )
    sweeper.sweep([RUN, OTHER_RUN])
    for attempt in (1, 2):
        executions.play()
        said = (
            f"^{RUN}: RollBackIncomplete: undo {attempt} ended FAILED: RollBackIncomplete: could not undo: s"
        )
        with pytest.raises(RollBackIncomplete, match=said):
            sweeper.sweep([RUN, OTHER_RUN])
    assert kept_plan(RUN) == plan
    assert ledger.read(OTHER_RUN) is None
    assert account.state(other.source.instance_id) == "running"
    account.faults()
    executions.play()
    assert ledger.read(RUN) is None
    assert account.state(plan.source.instance_id) == "running"


def test_every_run_that_cannot_be_undone_is_named(account: Account, plan: Plan, other: Plan) -> None:
    account.faults(
        {"service": "stepfunctions", "action": "DescribeExecution", "code": "InternalError", "times": None}
    )
    with pytest.raises(RollBackIncomplete, match=f"{RUN}: ServiceUnavailable: .*; {OTHER_RUN}: "):
        sweeper.sweep([RUN, OTHER_RUN])
    assert (kept_plan(RUN), kept_plan(OTHER_RUN)) == (plan, other)


@pytest.mark.usefixtures("plan")
def test_an_unlock_that_broke_off_is_finished_by_the_next_sweep(
    account: Account, executions: Executions
) -> None:
    executions.end(RUN, "ABORTED")
    sweeper.sweep([RUN])
    ledger.claim_undo(RUN)
    executions.end(undo_arn(RUN), "SUCCEEDED")
    account.faults({"service": "dynamodb", "action": "DeleteItem", "code": "InternalServerError"})
    with pytest.raises(RollBackIncomplete, match="ServiceUnavailable"):
        sweeper.sweep([RUN])
    assert sweeper.sweep([RUN]) == [RUN]
    assert ledger.open_runs() == []


# How it is started


def handle(event: dict[str, Any], context: object) -> Any:
    return import_module("handlers.undo.sweep_runs").handler(event, context)


def test_an_event_of_an_end_sweeps_that_run(
    account: Account, plan: Plan, other: Plan, executions: Executions, context: object
) -> None:
    for run in (RUN, OTHER_RUN):
        executions.end(run, "ABORTED")
    event = json.loads(Path("events/sweep_runs.json").read_text(encoding="utf-8"))
    event["detail"]["executionArn"] = RUN
    assert handle(event, context) == {"clean": []}
    executions.play()
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
def test_a_schedule_sweeps_every_run_that_has_a_row(  # noqa: PLR0917
    account: Account, plan: Plan, other: Plan, executions: Executions, context: object, event: dict[str, Any]
) -> None:
    account.commit(RUN)
    executions.end(RUN, "SUCCEEDED")
    assert handle(event, context) == {"clean": [RUN]}
    assert (kept_plan(RUN), kept_plan(OTHER_RUN)) == (None, other)
    executions.end(OTHER_RUN, "FAILED")
    assert handle(event, context) == {"clean": []}
    assert list(executions.undos()) == [undo_arn(OTHER_RUN)]
    assert plan.run == RUN


@pytest.mark.usefixtures("plan")
def test_a_row_that_nobody_can_read_does_not_keep_the_others(
    account: Account, executions: Executions, context: object
) -> None:
    account.client("dynamodb").put_item(
        TableName=LEDGER, Item={"pk": {"S": f"run#{OTHER_RUN}"}, "plan": {"S": "{}"}}
    )
    executions.end(RUN, "ABORTED")
    for _ in range(2):
        with pytest.raises(RollBackIncomplete, match=OTHER_RUN):
            handle({}, context)
    executions.play()
    assert ledger.read(RUN) is None


def end_of(run: str) -> dict[str, Any]:
    """The event of a run's end."""
    event = json.loads(Path("events/sweep_runs.json").read_text(encoding="utf-8"))
    event["detail"]["executionArn"] = run
    return event  # type: ignore[no-any-return]


@pytest.mark.usefixtures("plan")
def test_the_end_of_a_run_is_counted_although_its_undo_failed(
    executions: Executions, context: object, capsys: pytest.CaptureFixture[str]
) -> None:
    executions.end(RUN, "ABORTED", stop_date=datetime.now(UTC))
    sweeper.sweep([RUN])
    executions.end(undo_arn(RUN), "FAILED", error="RollBackIncomplete")
    with pytest.raises(RollBackIncomplete):
        handle(end_of(RUN), context)
    [line] = written(capsys.readouterr().out)
    assert line["told"] == {"run": RUN, "status": "ABORTED"}


@pytest.mark.usefixtures("plan", "generations_table")
def test_a_scheduled_sweep_measures_what_is_kept_and_counts_no_run(
    executions: Executions, context: object, capsys: pytest.CaptureFixture[str]
) -> None:
    executions.end(RUN, "FAILED", stop_date=datetime.now(UTC))
    handle({}, context)
    [line] = written(capsys.readouterr().out)
    assert line["metrics"] == {"OpenLocks": [3], "ImagesKept": [0], "ImagesGiB": [0]}
