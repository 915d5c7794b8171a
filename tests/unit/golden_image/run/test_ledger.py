from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws
from golden_image.errors import (
    PlanOutdated,
    RequestRefused,
    ResourceBusy,
    RunInProgress,
    ServiceUnavailable,
)
from golden_image.run import ledger, owed
from tests.unit.account import LEDGER, OTHER_RUN, RUN, UNDO, kept_plan

if TYPE_CHECKING:
    from golden_image.model.plan import Plan
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("ledger_table")


@pytest.fixture
def plan(account: Account) -> Plan:
    return account.plan(account.seed())


def lock(plan: Plan) -> None:
    with aws.named_errors():
        ledger.lock(plan, UNDO)


def unlock(run: str) -> None:
    """Unlock a run whose undo is over; one that has no row stays without."""
    ledger.claim_undo(run)
    ledger.unlock(run)


def rows(account: Account) -> dict[str, dict[str, Any]]:
    found = account.client("dynamodb").scan(TableName=LEDGER, ConsistentRead=True)["Items"]
    return {row["pk"]["S"]: row for row in found}


def held(account: Account) -> dict[str, dict[str, Any]]:
    """The rows, but for locks that are free."""
    return {key: row for key, row in rows(account).items() if "released" not in row}


def committed(run: str) -> bool:
    row = ledger.read(run)
    assert row
    return row.committed


def keys_of(plan: Plan) -> set[str]:
    locks = {f"group#{plan.group.name}", f"source#{plan.source.instance_id}"}
    return {f"run#{plan.run}", f"launch-template#{plan.launch_template.name}", *locks}


def other_run_of(plan: Plan, **changes: Any) -> Plan:
    """Another run's plan that shares only what is not changed here."""
    group, source = replace(plan.group, name="other"), replace(plan.source, instance_id="i-other")
    template = replace(plan.launch_template, name="other")
    parts: dict[str, Any] = {"group": group, "source": source, "launch_template": template}
    return replace(plan, run=OTHER_RUN, **parts | changes)


def test_a_run_locks_its_group_its_source_and_its_template_and_writes_its_plan(
    account: Account, plan: Plan
) -> None:
    lock(plan)
    assert set(rows(account)) == keys_of(plan)
    assert kept_plan(RUN) == plan


def test_every_row_expires_after_any_run_is_over(account: Account, plan: Plan) -> None:
    lock(plan)
    definition = Path("statemachine/golden_image_refresh.asl.json").read_text(encoding="utf-8")
    longest_run = json.loads(definition)["TimeoutSeconds"]
    for row in rows(account).values():
        assert int(row["expiresAt"]["N"]) > time.time() + longest_run


def test_the_same_run_locks_again_without_effect(account: Account, plan: Plan) -> None:
    lock(plan)
    lock(plan)
    assert set(rows(account)) == keys_of(plan)


def test_a_lock_whose_answer_was_lost_is_the_runs_own(account: Account, plan: Plan) -> None:
    account.lose_answer("dynamodb", "TransactWriteItems")
    with pytest.raises(ServiceUnavailable):
        lock(plan)
    lock(plan)
    assert set(rows(account)) == keys_of(plan)


@pytest.mark.parametrize(
    ("part", "named"),
    [("group", "group web"), ("source", "source i-"), ("launch_template", "launch-template web")],
)
def test_one_shared_resource_is_enough_to_be_refused_and_the_holder_is_named(
    account: Account, plan: Plan, part: str, named: str
) -> None:
    lock(plan)
    other = other_run_of(plan, **{part: getattr(plan, part)})
    with pytest.raises(RunInProgress, match=f"{named}.* is locked by the run {RUN}. Wait until it ends"):
        lock(other)
    assert set(rows(account)) == keys_of(plan)


def test_runs_that_share_nothing_lock_side_by_side(account: Account, plan: Plan) -> None:
    other = other_run_of(plan)
    lock(plan)
    lock(other)
    assert set(rows(account)) == keys_of(plan) | keys_of(other)


def test_a_lock_that_is_released_in_the_same_moment_is_tried_again(account: Account, plan: Plan) -> None:
    cancelled = {"code": "TransactionCanceledException", "message": "TransactionConflict", "status": 400}
    account.faults({"service": "dynamodb", "action": "TransactWriteItems", **cancelled})
    with pytest.raises(ResourceBusy, match="another run is taking or releasing the same locks"):
        lock(plan)
    lock(plan)
    assert kept_plan(RUN) == plan


def owe(plan: Plan) -> owed.OwedSource:
    owed.owe(owed.OwedSource(plan.source.instance_id, OTHER_RUN, "other", "no capacity"))
    found = owed.find(plan.source.instance_id)
    assert found
    return found


def test_a_run_takes_over_a_source_that_is_owed(account: Account, plan: Plan) -> None:
    other = owe(replace(plan, source=replace(plan.source, instance_id="i-other")))
    source = owe(plan)
    lock(plan)
    assert owed.every() == [other]
    assert set(rows(account)) == keys_of(plan) | {"source-owed#i-other"}
    assert not owed.claim(source)


def test_a_run_that_does_not_stop_its_source_leaves_one_that_is_owed_to_the_sweeper(plan: Plan) -> None:
    source = owe(plan)
    lock(replace(plan, stop_source=False))
    assert owed.every() == [source]
    assert owed.claim(source)


def test_no_run_takes_over_a_source_while_the_sweeper_starts_it(plan: Plan) -> None:
    source = owe(plan)
    assert owed.claim(source)
    with pytest.raises(ResourceBusy):
        lock(plan)
    assert kept_plan(RUN) is None
    owed.release(source)
    lock(plan)
    assert owed.every() == []


def test_a_sweeper_that_died_while_it_started_a_source_keeps_no_run(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert owed.claim(owe(plan))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    lock(plan)
    assert kept_plan(RUN) == plan


def test_a_ledger_that_may_not_be_written_is_told_in_awss_words(account: Account, plan: Plan) -> None:
    denied = {"code": "AccessDeniedException", "message": "not authorized", "status": 400}
    account.faults({"service": "dynamodb", "action": "TransactWriteItems", **denied})
    with pytest.raises(RequestRefused, match="AccessDeniedException: not authorized"):
        lock(plan)


def test_a_run_that_locked_nothing_has_no_plan(account: Account) -> None:
    assert ledger.read(RUN) is None
    unlock(RUN)
    assert rows(account) == {}


def test_unlocking_releases_the_runs_locks_and_does_nothing_again(account: Account, plan: Plan) -> None:
    lock(plan)
    unlock(RUN)
    free = rows(account)
    unlock(RUN)
    assert rows(account) == free
    assert held(account) == {}
    assert set(free) == keys_of(plan) - {f"run#{RUN}"}


def test_a_run_that_is_neither_committed_nor_undone_stays_locked(account: Account, plan: Plan) -> None:
    """Its commit has failed, and the sweeper needs its row for the generation."""
    lock(plan)
    ledger.unlock(RUN)
    assert set(held(account)) == keys_of(plan)
    account.commit(RUN)
    ledger.unlock(RUN)
    assert held(account) == {}


def test_unlocking_leaves_the_locks_of_another_run(account: Account, plan: Plan) -> None:
    other = other_run_of(plan)
    lock(plan)
    lock(other)
    unlock(RUN)
    assert set(held(account)) == keys_of(other)


def test_unlocking_leaves_a_lock_that_another_run_has_taken_over(account: Account, plan: Plan) -> None:
    lock(plan)
    taken = {"pk": {"S": "group#web"}, "run": {"S": OTHER_RUN}}
    account.client("dynamodb").put_item(TableName=LEDGER, Item=taken)
    unlock(RUN)
    assert held(account) == {"group#web": taken}


@pytest.mark.parametrize("action", ["PutItem", "DeleteItem"])
def test_an_unlock_that_is_interrupted_is_finished_by_the_next(
    account: Account, plan: Plan, action: str
) -> None:
    lock(plan)
    broken = {"action": action, "code": "InternalServerError", "status": 500}
    account.faults({"service": "dynamodb", **broken})
    ledger.claim_undo(RUN)
    with pytest.raises(ServiceUnavailable), aws.named_errors():
        ledger.unlock(RUN)
    assert kept_plan(RUN) == plan
    unlock(RUN)
    assert held(account) == {}


# What a released lock remembers


def test_a_released_lock_is_forgotten_after_a_day(account: Account, plan: Plan) -> None:
    lock(plan)
    unlock(RUN)
    for row in rows(account).values():
        assert 86_000 < int(row["expiresAt"]["N"]) - time.time() < 87_000
        assert 0 <= time.time() * 1000 - int(row["released"]["N"]) < 60_000


@pytest.mark.parametrize(
    ("part", "named"),
    [("group", "group web"), ("source", "source i-"), ("launch_template", "launch-template web")],
)
def test_a_plan_from_before_another_runs_release_is_outdated(
    account: Account, plan: Plan, part: str, named: str
) -> None:
    later = other_run_of(plan, **{part: getattr(plan, part)})
    lock(plan)
    unlock(RUN)
    with pytest.raises(PlanOutdated, match=f"another run released {named}.* while this one was planned"):
        lock(later)
    assert held(account) == {}


def test_a_plan_of_the_millisecond_of_the_release_is_outdated(account: Account, plan: Plan) -> None:
    lock(plan)
    unlock(RUN)
    released = max(int(row["released"]["N"]) for row in rows(account).values())
    with pytest.raises(PlanOutdated):
        lock(replace(plan, run=OTHER_RUN, planned_at=released))
    lock(replace(plan, run=OTHER_RUN, planned_at=released + 1))
    assert len(held(account)) == 4


def test_a_run_that_was_unlocked_does_not_lock_again(account: Account, plan: Plan) -> None:
    lock(plan)
    unlock(RUN)
    with pytest.raises(PlanOutdated):
        lock(plan)
    assert held(account) == {}


# Runs that have a row


def test_a_run_is_committed_when_its_row_says_so(account: Account, plan: Plan) -> None:
    assert ledger.read(RUN) is None
    lock(plan)
    assert committed(RUN) is False
    account.commit(RUN)
    assert committed(RUN) is True


def test_the_open_runs_are_those_that_have_a_row(plan: Plan) -> None:
    assert ledger.open_runs() == []
    lock(plan)
    lock(other_run_of(plan))
    assert sorted(ledger.open_runs()) == sorted([RUN, OTHER_RUN])
    unlock(RUN)
    assert ledger.open_runs() == [OTHER_RUN]


def test_open_runs_are_found_beyond_the_first_page(account: Account) -> None:
    runs = {f"run-{number}" for number in range(5)}
    for run in runs:
        row = {"pk": {"S": f"run#{run}"}, "plan": {"S": "x" * 350_000}}
        account.client("dynamodb").put_item(TableName=LEDGER, Item=row)
    assert set(ledger.open_runs()) == runs
    assert len(account.calls("Scan")) > 1


def test_the_row_of_a_run_is_plain_json_for_who_repairs_by_hand(account: Account, plan: Plan) -> None:
    lock(plan)
    kept = json.loads(rows(account)[f"run#{RUN}"]["plan"]["S"])
    assert kept["group"]["name"] == "web"
    assert kept["source"]["powerState"] == "running"
