from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from golden_image.run import children, ledger, owed
from golden_image.run.owed import OwedSource
from golden_image.undo import sources, sweeper
from tests.unit.account import ACCOUNT_ID, LEDGER, OTHER_RUN, REGION, RUN, UNDO

if TYPE_CHECKING:
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("ledger_table")
NAME = "골든 이미지" * 30


class Told:
    """The messages of the log: what the alarm counts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []
        monkeypatch.setattr(sources.logger, "warning", lambda said, extra: self.lines.append((said, extra)))

    def still_stopped(self) -> list[str]:
        return [extra["source"] for said, extra in self.lines if said == "source is still stopped"]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    return Told(monkeypatch)


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> dict[str, timedelta | None]:
    """How long ago each run ended; None for one that AWS has forgotten, no entry for one under way."""
    ages: dict[str, timedelta | None] = {}

    def find(run: str) -> dict[str, Any] | None:
        if run not in ages:
            return {"status": "RUNNING"}
        age = ages[run]
        return None if age is None else {"status": "SUCCEEDED", "stopDate": datetime.now(UTC) - age}

    monkeypatch.setattr(children, "find", find)
    return ages


@pytest.fixture
def topic(account: Account, monkeypatch: pytest.MonkeyPatch) -> str:
    arn = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:topic"
    account.client("sns").create_topic(Name="topic")
    monkeypatch.setenv("NOTIFICATION_TOPIC_ARN", arn)
    return arn


def owe(account: Account, run: str = RUN, group: str = "web", **seed: Any) -> str:
    source_id = account.seed(**{"state": "stopped", **seed})
    owed.owe(OwedSource(source_id, run, group, "none in the zone"))
    return source_id


def no_capacity(account: Account, source_id: str, **rule: Any) -> None:
    base = {"service": "ec2", "action": "StartInstances", "match": {"InstanceIds": source_id}, "times": None}
    account.faults({**base, "code": "InsufficientInstanceCapacity", "message": "none in the zone", **rule})


def left() -> set[str]:
    return {source.instance_id for source in owed.every()}


@pytest.mark.usefixtures("ended")
def test_an_owed_source_is_started_and_forgotten_when_it_runs(account: Account, told: Told) -> None:
    source_id = owe(account)
    account.freeze()
    sources.start_all()
    assert account.state(source_id) == "pending"
    sources.start_all()
    assert left() == {source_id}
    account.flow()
    assert account.state(source_id) == "running"
    sources.start_all()
    assert left() == set()
    assert len(account.calls("StartInstances")) == 1
    assert told.lines == []


@pytest.mark.parametrize("how", [{}, {"effect": "fail"}], ids=["refused", "falls back"])
def test_a_source_is_tried_again_and_again_while_there_is_no_capacity(
    account: Account, told: Told, ended: dict[str, timedelta | None], how: dict[str, str]
) -> None:
    source_id = owe(account)
    no_capacity(account, source_id, **how)
    for _ in range(3):
        sources.start_all()
        account.state(source_id)
    assert len(account.calls("StartInstances")) == 3
    assert left() == {source_id}
    assert told.still_stopped() == []
    ended[RUN] = timedelta(hours=23)
    sources.start_all()
    account.state(source_id)
    assert told.still_stopped() == [source_id]
    account.faults()
    sources.start_all()
    assert account.state(source_id) == "running"


@pytest.mark.parametrize("age", [timedelta(hours=25), None], ids=["a day", "forgotten"])
def test_a_day_after_the_end_of_its_run_a_source_is_given_up_and_people_are_told_once(
    account: Account, told: Told, ended: dict[str, timedelta | None], topic: str, age: timedelta | None
) -> None:
    source_id, ended[RUN] = owe(account, group=NAME), age
    account.forget_calls()
    sources.start_all()
    sources.start_all()
    assert left() == set()
    assert account.state(source_id) == "stopped"
    assert account.calls("StartInstances") == []
    [sent] = account.calls("Publish")
    assert sent["TopicArn"] == topic
    assert f"source {source_id} stays STOPPED" in sent["Subject"]
    assert sent["Subject"].isascii()
    assert len(sent["Subject"]) < 100
    assert NAME in sent["Message"]
    assert "What to do: start it by hand" in sent["Message"]
    assert told.still_stopped() == []


def test_people_who_could_not_be_told_are_told_by_the_next_sweep(
    account: Account, ended: dict[str, timedelta | None], topic: str
) -> None:
    source_id, ended[RUN] = owe(account), timedelta(hours=25)
    account.faults({"service": "sns", "action": "Publish", "code": "InternalError", "status": 500})
    sources.start_all()
    assert left() == {source_id}
    sources.start_all()
    assert left() == set()
    assert {call["TopicArn"] for call in account.calls("Publish")} == {topic}


@pytest.mark.usefixtures("ended")
def test_a_source_that_is_gone_is_forgotten(account: Account) -> None:
    source_id = owe(account)
    account.client("ec2").terminate_instances(InstanceIds=[source_id])
    owed.owe(OwedSource("i-0123456789abcdef0", RUN, "web", "none"))
    sources.start_all()
    assert left() == set()


@pytest.mark.usefixtures("ended")
@pytest.mark.parametrize("code", ["Client.UserInitiatedShutdown", "Client.InstanceInitiatedShutdown"])
def test_a_source_that_somebody_stopped_after_it_ran_is_not_started(account: Account, code: str) -> None:
    source_id = owe(account)
    sources.start_all()
    assert account.state(source_id) == "running"
    account.client("ec2").stop_instances(InstanceIds=[source_id])
    assert account.state(source_id) == "stopped"
    instance = account.instance(source_id)
    if code == "Client.InstanceInitiatedShutdown":
        # Of the system itself, EC2 gives no time.
        instance._reason = ""
        instance.state_reason.code = code
    sources.start_all()
    assert account.state(source_id) == "stopped"
    assert left() == set()


@pytest.mark.usefixtures("ended")
def test_the_stop_of_the_run_itself_is_not_somebody_s(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    source_id = account.seed()
    account.client("ec2").stop_instances(InstanceIds=[source_id])
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 60)
    owed.owe(OwedSource(source_id, RUN, "web", "none"))
    sources.start_all()
    assert account.state(source_id) == "running"


@pytest.mark.usefixtures("ended")
def test_one_source_that_cannot_be_started_does_not_keep_the_others(account: Account, told: Told) -> None:
    one, other = owe(account), owe(account, run=OTHER_RUN)
    no_capacity(account, one, code="UnauthorizedOperation")
    sources.start_all()
    assert account.state(other) == "running"
    [(said, extra)] = told.lines
    assert said == "owed source was not started"
    assert extra["source"] == one
    assert "UnauthorizedOperation" in extra["reason"]
    ledger.lock(replace(account.plan(one), run=RUN), UNDO)
    assert left() == {other}


@pytest.mark.usefixtures("ended", "told")
def test_a_source_whose_new_run_has_taken_it_over_is_not_started(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    source_id = owe(account, run=OTHER_RUN)
    [found] = owed.every()
    ledger.lock(account.plan(source_id), UNDO)
    monkeypatch.setattr(owed, "every", lambda: [found])
    sources.start_all()
    assert account.state(source_id) == "stopped"
    assert account.calls("StartInstances") == []


@pytest.mark.usefixtures("ended", "told")
def test_a_source_that_a_new_run_owes_by_now_is_not_forgotten_for_the_old_one(account: Account) -> None:
    source_id = owe(account, run=OTHER_RUN)
    [old] = owed.every()
    owed.owe(OwedSource(source_id, RUN, "web", "none"))
    owed.settle(old)
    owed.release(old)
    assert [source.run for source in owed.every()] == [RUN]


@pytest.mark.usefixtures("ended")
def test_a_sweep_of_all_runs_starts_owed_sources_even_where_it_fails(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    source_id = owe(account)

    def fail(_: list[str]) -> list[str]:
        raise ValueError

    monkeypatch.setattr(sweeper, "sweep", fail)
    with pytest.raises(ValueError):
        sweeper.sweep_all()
    assert account.state(source_id) == "running"
    assert account.client("dynamodb").scan(TableName=LEDGER)["Count"] == 1
