from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws
from golden_image.errors import RequestRefused, SourceLost, SourceNotFound, SourceReturnTimedOut
from golden_image.model.check import Check
from golden_image.run import owed
from golden_image.source import power, returns
from tests.unit.account import RUN

if TYPE_CHECKING:
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("ledger_table")
# AWS's words for: there may be room later.
NO_CAPACITY = [
    "InstanceLimitExceeded",
    "InsufficientCapacityOnHost",
    "InsufficientHostCapacity",
    "InsufficientInstanceCapacity",
    "InsufficientReservedInstanceCapacity",
    "ReservationCapacityExceeded",
    "Unsupported",
    "VcpuLimitExceeded",
]


def check(source_id: str, waited: int = 0, limit: int = 900) -> Check:
    return returns.check(RUN, "web", source_id, waited, limit)


def no_capacity(account: Account, code: str = NO_CAPACITY[0], **rule: Any) -> None:
    how = {"code": code, "message": "none in the zone", "times": None}
    account.faults({"service": "ec2", "action": "StartInstances", **how, **rule})


def test_a_start_is_asked_for_and_seen(account: Account) -> None:
    source_id = account.seed(state="stopped")
    account.freeze()
    assert power.start(source_id) is None
    assert (check(source_id).done, check(source_id).progress) == (False, "pending")
    account.flow()
    assert check(source_id, 10) == Check(done=True, wait_seconds=0, progress="running")
    assert owed.every() == []


def test_a_source_that_is_running_already_is_started_again_without_effect(account: Account) -> None:
    source_id = account.seed()
    power.start(source_id)
    assert check(source_id).progress == "running"


def test_a_source_that_does_not_return_in_time_tells_awss_reason(account: Account) -> None:
    source_id = account.seed()
    account.freeze()
    power.stop(source_id)
    with pytest.raises(SourceReturnTimedOut, match=f"{source_id} is stopping, not running, after 900 s: Cl"):
        check(source_id, 900)
    assert owed.every() == []


def test_a_source_that_was_terminated_is_lost(account: Account) -> None:
    source_id = account.seed()
    account.client("ec2").terminate_instances(InstanceIds=[source_id])
    with pytest.raises(SourceLost):
        check(source_id)


@pytest.mark.parametrize("code", NO_CAPACITY)
def test_a_start_that_is_refused_for_lack_of_capacity_is_tried_for_two_minutes_and_then_owed(
    account: Account, code: str
) -> None:
    source_id = account.seed(state="stopped")
    no_capacity(account, code)
    assert power.start(source_id) == f"{code}: none in the zone"
    for waited in (0, 60, 119):
        assert not check(source_id, waited).done
    assert owed.every() == []
    assert check(source_id, 120) == Check(
        done=True, wait_seconds=0, progress=f"stopped: {code}: none in the zone"
    )
    [source] = owed.every()
    assert (source.instance_id, source.run, source.group) == (source_id, RUN, "web")
    assert source.reason == f"{code}: none in the zone"
    assert len(account.calls("StartInstances")) == 5


def test_a_start_that_is_accepted_and_finds_no_capacity_later_is_owed(account: Account) -> None:
    source_id = account.seed(state="stopped")
    no_capacity(account, effect="fail")
    power.start(source_id)
    account.state(source_id)
    assert not check(source_id, 60).done
    account.state(source_id)
    assert check(source_id, 120).progress.startswith("stopped: Server.InsufficientInstanceCapacity: none in")
    assert [source.instance_id for source in owed.every()] == [source_id]


def test_capacity_that_comes_within_two_minutes_is_used(account: Account) -> None:
    source_id = account.seed(state="stopped")
    no_capacity(account)
    check(source_id)
    account.faults()
    assert not check(source_id, 60).done
    assert check(source_id, 120).progress == "running"
    assert owed.every() == []


def test_a_time_out_below_two_minutes_is_kept(account: Account) -> None:
    source_id = account.seed(state="stopped")
    no_capacity(account)
    assert not check(source_id, 59, limit=60).done
    assert check(source_id, 60, limit=60).progress.startswith("stopped: ")


def test_a_start_that_is_refused_for_another_reason_fails(account: Account) -> None:
    source_id = account.seed(state="stopped")
    no_capacity(account, "UnauthorizedOperation")
    with pytest.raises(RequestRefused, match="UnauthorizedOperation"), aws.named_errors():
        check(source_id, 120)
    assert owed.every() == []


def test_a_source_that_runs_when_its_run_ends_is_told_so(account: Account) -> None:
    source_id = account.seed()
    owed.owe(owed.OwedSource(source_id, RUN, "web", "none in the zone"))
    assert returns.look(source_id).running


def test_a_source_that_is_owed_is_told_with_its_reason(account: Account) -> None:
    source_id = account.seed(state="stopped")
    owed.owe(owed.OwedSource(source_id, RUN, "web", "none in the zone"))
    found = returns.look(source_id)
    assert not found.running
    assert found.said.startswith(
        f"the source {source_id} is still stopped: EC2 had no capacity for it (none in the zone)."
    )


def test_a_source_that_somebody_has_stopped_again_is_told_so(account: Account) -> None:
    source_id = account.seed(state="stopped")
    assert returns.look(source_id) == returns.Look(running=False, said=f"the source {source_id} is stopped")


def test_a_source_that_is_gone_is_told_by_an_error() -> None:
    with pytest.raises(SourceNotFound):
        returns.look("i-0123456789abcdef0")


def test_a_source_that_somebody_terminated_is_not_told_to_wait_for_capacity(account: Account) -> None:
    source_id = account.seed(state="stopped")
    owed.owe(owed.OwedSource(source_id, RUN, "web", "none in the zone"))
    account.client("ec2").terminate_instances(InstanceIds=[source_id])
    assert account.state(source_id) in {"shutting-down", "terminated"}
    assert returns.look(source_id).said.startswith(f"the source {source_id} is ")
    assert "capacity" not in returns.look(source_id).said
