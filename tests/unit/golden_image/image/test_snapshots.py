from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws
from golden_image.errors import RequestThrottled, ServiceUnavailable, SnapshotFailed, SnapshotTimedOut
from golden_image.image import owned, snapshots
from golden_image.source import facts
from tests.unit.account import MARKS, OTHER_RUN, RUN

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import SnapshotTypeDef

    from golden_image.model.image import Snapshot
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("open_runs")
LOST = {"service": "ec2", "action": "CreateSnapshots", "when": "after", "effect": "drop"}


@pytest.fixture
def source_id(account: Account) -> str:
    return account.seed()


def volumes(source_id: str) -> list[str]:
    return [volume.volume_id for volume in facts.describe(facts.find(source_id)).volumes]


def take(source_id: str, run: str = RUN) -> list[Snapshot]:
    with aws.named_errors():
        return snapshots.create(run, source_id, volumes(source_id), {"Team": "web"})


def of_run(source_id: str, run: str = RUN) -> list[SnapshotTypeDef]:
    return owned.snapshots(run, source_id, volumes(source_id))


def ids(made: list[Snapshot]) -> list[str]:
    return [snapshot.snapshot_id for snapshot in made]


def of_account(account: Account) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    return found


def test_all_volumes_are_taken_in_one_set_and_tagged_in_the_same_call(
    account: Account, source_id: str
) -> None:
    made = take(source_id)
    assert {snapshot.volume_id for snapshot in made} == set(volumes(source_id))
    assert account.changes()[-2:] == ["CreateSnapshots", "UpdateItem"]
    for snapshot in of_run(source_id):
        tags = {tag["Key"]: tag["Value"] for tag in snapshot["Tags"]}
        assert tags == {"Team": "web", "golden-image:source": source_id, **MARKS}


def test_taking_them_twice_makes_one_set(account: Account, source_id: str) -> None:
    assert ids(take(source_id)) == ids(take(source_id))
    assert len(of_account(account)) == 2


def test_a_set_whose_answer_was_lost_is_adopted(account: Account, source_id: str) -> None:
    account.faults(LOST)
    with pytest.raises(ServiceUnavailable):
        take(source_id)
    assert set(ids(take(source_id))) == {snapshot["SnapshotId"] for snapshot in of_account(account)}
    assert len(account.calls("CreateSnapshots")) == 1


def test_another_runs_set_is_not_adopted(source_id: str) -> None:
    assert not set(ids(take(source_id, OTHER_RUN))) & set(ids(take(source_id)))


def test_a_part_of_a_set_is_not_adopted(account: Account, source_id: str) -> None:
    deleted, kept = take(source_id)
    account.client("ec2").delete_snapshot(SnapshotId=deleted.snapshot_id)
    assert kept.snapshot_id not in ids(take(source_id))


def test_a_source_that_got_another_volume_after_the_plan_is_an_error(source_id: str) -> None:
    with pytest.raises(
        SnapshotFailed, match=f"volumes of {source_id} changed after the plan, which had vol-1"
    ):
        snapshots.create(RUN, source_id, ["vol-1"], {})


def test_snapshots_too_soon_after_others_are_tried_again(account: Account, source_id: str) -> None:
    account.freeze()
    take(source_id, OTHER_RUN)
    with pytest.raises(RequestThrottled, match="SnapshotCreationPerVolumeRateExceeded"):
        take(source_id)


def test_the_check_waits_until_all_are_completed(account: Account, source_id: str) -> None:
    account.freeze()
    made = ids(take(source_id))
    check = snapshots.check(made, 0, 86_400)
    assert (check.done, check.progress) == (False, "0%")
    account.flow()
    check = snapshots.check(made, 60, 86_400)
    assert (check.done, check.progress) == (True, "100%")


@pytest.mark.parametrize(
    ("progress", "shown"), [(["37%", "90%"], "37%"), (["", "100%"], "0%"), (["100%", "100%"], "99%")]
)
def test_the_progress_is_the_slowest_ones_and_full_only_when_completed(
    monkeypatch: pytest.MonkeyPatch, progress: list[str], shown: str
) -> None:
    found = [
        {"SnapshotId": f"snap-{number}", "State": "pending", "Progress": text}
        for number, text in enumerate(progress)
    ]
    monkeypatch.setattr(owned, "snapshots_by_id", lambda _: found)
    check = snapshots.check(["snap-0", "snap-1"], 60, 86_400)
    assert (check.done, check.progress) == (False, shown)


def test_a_snapshot_in_error_ends_the_wait_with_awss_reason(account: Account, source_id: str) -> None:
    account.faults(
        {
            "service": "ec2",
            "action": "CreateSnapshots",
            "effect": "fail",
            "message": "Given key ID is not there",
        }
    )
    made = ids(take(source_id))
    with pytest.raises(SnapshotFailed, match=r"snap-\w+ is in state error: Given key ID is not there"):
        snapshots.check(made, 60, 86_400)


@pytest.mark.parametrize("state", ["recoverable", "recovering"])
def test_a_snapshot_in_the_recycle_bin_ends_the_wait(monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    monkeypatch.setattr(owned, "snapshots_by_id", lambda _: [{"SnapshotId": "snap-1", "State": state}])
    with pytest.raises(SnapshotFailed, match=f"snap-1 is in state {state}: no reason given"):
        snapshots.check(["snap-1"], 60, 86_400)


def test_snapshots_that_take_too_long_name_the_timeout(account: Account, source_id: str) -> None:
    account.freeze()
    made = ids(take(source_id))
    with pytest.raises(SnapshotTimedOut, match=f"{made[0]}.* are at 0% after 600 s.*timeouts.snapshot"):
        snapshots.check(made, 600, 600)


def test_a_new_snapshot_that_is_not_shown_yet_is_waited_for(account: Account, source_id: str) -> None:
    account.freeze()
    account.faults({"service": "ec2", "action": "CreateSnapshots", "effect": "stale", "reads": 1})
    made = ids(take(source_id))
    assert snapshots.check(made, 0, 600).progress == "0%"
    assert of_run(source_id)


def test_a_snapshot_that_stays_away_is_an_error(source_id: str) -> None:
    made = take(source_id)
    snapshots.delete(made[0].snapshot_id)
    with pytest.raises(SnapshotFailed, match=f"{made[0].snapshot_id} has disappeared"):
        snapshots.check(ids(made), 301, 600)


def test_a_second_set_is_deleted_and_nothing_else(account: Account, source_id: str) -> None:
    foreign = ids(take(source_id, OTHER_RUN))
    kept = ids(take(source_id))
    account.faults({"service": "ec2", "action": "CreateSnapshots", "effect": "stale", "reads": 0})
    account.client("ec2").create_snapshots(
        InstanceSpecification={"InstanceId": source_id}, Description=owned.description(RUN, source_id)
    )
    assert len(of_run(source_id)) == 4
    snapshots.delete_strays(RUN, source_id, volumes(source_id), kept)
    assert {snapshot["SnapshotId"] for snapshot in of_account(account)} == {*kept, *foreign}


def test_deleting_a_snapshot_that_is_gone_is_fine(source_id: str) -> None:
    gone = take(source_id)[0].snapshot_id
    snapshots.delete(gone)
    snapshots.delete(gone)
    assert gone not in {snapshot["SnapshotId"] for snapshot in of_run(source_id)}
