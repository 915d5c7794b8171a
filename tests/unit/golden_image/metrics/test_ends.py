from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from moto.stepfunctions import stepfunctions_backends

from golden_image.metrics import ends, history
from golden_image.metrics.history import Spent
from golden_image.run import children, table
from tests.unit.account import ACCOUNT_ID, REGION, RUN
from tests.unit.golden_image.metrics.lines import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.account import Account

    End = Callable[..., None]

READ_HISTORY = history.of_run
TIMINGS = {"prepare": None, "stop": 31.5, "launchTemplate": 2, "total": 300}
OUTPUT = {"timings": TIMINGS, "source": {"downtimeSeconds": 75.25}}


@pytest.fixture
def end(account: Account, ledger_table: None, monkeypatch: pytest.MonkeyPatch) -> End:
    """Ends the run with a status and an output. It waited 12 s, and was throttled once."""
    assert ledger_table is None
    states = account.client("stepfunctions")
    role = f"arn:aws:iam::{ACCOUNT_ID}:role/machine"
    machine = states.create_state_machine(name="refresh", definition="{}", roleArn=role)["stateMachineArn"]
    states.start_execution(stateMachineArn=machine, name=RUN.rpartition(":")[2])
    monkeypatch.setattr(history, "of_run", lambda _run: Spent(12, 1))

    def ended(status: str, output: dict[str, Any] | None = None) -> None:
        execution = stepfunctions_backends[ACCOUNT_ID][REGION].describe_execution(RUN)
        execution.status, execution.output = status, json.dumps(output) if output else None
        execution.stop_date = execution.start_date + timedelta(minutes=5)
        if status == "TIMED_OUT":  # moto shows no stopDate of such a run
            shown = {**(children.find(RUN) or {}), "stopDate": execution.stop_date}
            monkeypatch.setattr(children, "find", lambda _run: shown)

    return ended


def test_a_run_that_succeeded_is_written_with_the_stages_that_it_had(
    end: End, capsys: pytest.CaptureFixture[str]
) -> None:
    end("SUCCEEDED", OUTPUT)
    ends.count(RUN)
    [line] = written(capsys.readouterr().out)
    assert line["metrics"] == {
        "WaitSeconds": [12],
        "Throttles": [1],
        "StopSeconds": [31.5],
        "LaunchTemplateSeconds": [2],
        "TotalSeconds": [300],
        "DowntimeSeconds": [75.25],
    }
    assert {unit for name, unit in line["units"].items() if name.endswith("Seconds")} == {"Seconds"}
    assert line["told"] == {"run": RUN, "status": "SUCCEEDED"}


@pytest.mark.parametrize("downtime", [0, None])
def test_a_source_that_was_not_stopped_or_not_returned_has_no_downtime(
    end: End, capsys: pytest.CaptureFixture[str], downtime: int | None
) -> None:
    end("SUCCEEDED", OUTPUT | {"source": {"downtimeSeconds": downtime}})
    ends.count(RUN)
    [line] = written(capsys.readouterr().out)
    assert "DowntimeSeconds" not in line["metrics"]


@pytest.mark.parametrize("status", ["FAILED", "ABORTED", "TIMED_OUT"])
def test_a_run_that_ended_badly_is_written_with_its_waits_and_throttles(
    end: End, capsys: pytest.CaptureFixture[str], status: str
) -> None:
    end(status)
    ends.count(RUN)
    [line] = written(capsys.readouterr().out)
    assert line["metrics"] == {"WaitSeconds": [12], "Throttles": [1]}
    assert line["told"]["status"] == status


def test_a_run_is_written_once_however_often_its_end_is_told(
    end: End, capsys: pytest.CaptureFixture[str]
) -> None:
    end("SUCCEEDED", OUTPUT)
    for _ in range(3):
        ends.count(RUN)
    assert len(written(capsys.readouterr().out)) == 1


def test_of_two_sweeps_at_once_one_writes(
    end: End, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    end("SUCCEEDED", OUTPUT)

    def while_another_counts(_run: str) -> Spent:
        monkeypatch.setattr(history, "of_run", lambda _run: Spent(12, 1))
        ends.count(RUN)
        return Spent(99, 99)

    monkeypatch.setattr(history, "of_run", while_another_counts)
    ends.count(RUN)
    [line] = written(capsys.readouterr().out)
    assert line["metrics"]["WaitSeconds"] == [12]


def test_a_dry_run_is_not_counted(end: End, capsys: pytest.CaptureFixture[str]) -> None:
    end("SUCCEEDED", {"run": RUN, "timeouts": {}})
    ends.count(RUN)
    assert written(capsys.readouterr().out) == []
    assert table.get(f"counted#{RUN}") == {}


def test_a_run_whose_end_is_told_before_it_is_shown_is_looked_at_again(
    end: End, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: end("FAILED"))
    ends.count(RUN)
    assert len(written(capsys.readouterr().out)) == 1


@pytest.mark.usefixtures("end")
def test_a_run_that_stays_under_way_is_told_in_the_log_and_not_counted(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    ends.count(RUN)
    assert written(capsys.readouterr().out) == []
    [told] = [record for record in caplog.records if record.message == "run was not counted"]
    assert "is shown as under way" in vars(told)["reason"]
    assert 0 < sum(waits) < 60


@pytest.mark.usefixtures("ledger_table")
def test_a_run_that_step_functions_has_forgotten_is_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    ends.count(RUN)
    assert written(capsys.readouterr().out) == []


def test_a_run_that_cannot_be_counted_is_told_in_the_log_and_counted_the_next_time(
    account: Account, end: End, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    end("FAILED")
    account.faults({"service": "dynamodb", "action": "PutItem", "code": "InternalServerError"})
    ends.count(RUN)
    assert written(capsys.readouterr().out) == []
    [told] = [record for record in caplog.records if record.message == "run was not counted"]
    assert "ServiceUnavailable" in vars(told)["reason"]
    ends.count(RUN)
    assert len(written(capsys.readouterr().out)) == 1


def test_what_says_that_a_run_is_counted_goes_by_itself(end: End) -> None:
    end("FAILED")
    ends.count(RUN)
    assert int(table.get(f"counted#{RUN}")["expiresAt"]["N"]) > 0


def test_a_child_that_never_was_has_no_history(end: End, monkeypatch: pytest.MonkeyPatch) -> None:
    end("ABORTED")
    for name in ("PROVE_IMAGE", "ROLL_OUT", "RUN_DOCUMENT"):
        machine = f"arn:aws:states:{REGION}:{ACCOUNT_ID}:stateMachine:{name}"
        monkeypatch.setenv(f"{name}_ARN", machine)
    assert READ_HISTORY(RUN) == Spent(0, 0)
