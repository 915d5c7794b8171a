"""Whose a snapshot is: neither a copied tag nor a stripped one decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws
from golden_image.errors import RequestThrottled, RunSettled, ServiceUnavailable, SnapshotFailed
from golden_image.image import owned, snapshots
from golden_image.source import facts
from tests.unit.account import LEDGER, MARKS, OTHER_RUN, RUN, noted

if TYPE_CHECKING:
    from golden_image.model.image import Snapshot
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("open_runs")
SAME_NAME = RUN.replace(":refresh:", ":another-stacks-refresh:")


@pytest.fixture
def source_id(account: Account) -> str:
    return account.seed()


def volumes(source_id: str) -> list[str]:
    return [volume.volume_id for volume in facts.describe(facts.find(source_id)).volumes]


def take(source_id: str) -> list[Snapshot]:
    with aws.named_errors():
        return snapshots.create(RUN, source_id, volumes(source_id), {})


def ids(made: list[Snapshot]) -> set[str]:
    return {snapshot.snapshot_id for snapshot in made}


def backup(account: Account, volume_id: str, **wanted: Any) -> str:
    """A snapshot by a tool that copies the tags of the run."""
    tags = [{"Key": key, "Value": value} for key, value in MARKS.items()]
    made = account.client("ec2").create_snapshot(
        VolumeId=volume_id, TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags}], **wanted
    )
    snapshot_id: str = made["SnapshotId"]
    return snapshot_id


def there(account: Account) -> set[str]:
    found = account.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    return {snapshot["SnapshotId"] for snapshot in found}


def test_a_backup_that_carries_a_runs_tag_is_not_adopted(account: Account, source_id: str) -> None:
    backups = {backup(account, volume_id, Description="nightly") for volume_id in volumes(source_id)}
    assert not ids(take(source_id)) & backups


def test_a_backup_that_carries_a_runs_tag_is_no_stray(account: Account, source_id: str) -> None:
    made = ids(take(source_id))
    other = backup(account, volumes(source_id)[0])
    snapshots.delete_strays(RUN, source_id, volumes(source_id), list(made))
    assert there(account) == {*made, other}


def test_a_backup_that_carries_a_runs_tag_is_not_waited_for(account: Account, source_id: str) -> None:
    made = list(ids(take(source_id)))
    there(account)
    account.freeze()
    backup(account, volumes(source_id)[0])
    assert snapshots.check(made, 0, 600).done


def test_a_copy_with_tags_and_description_is_not_the_runs(account: Account, source_id: str) -> None:
    made = ids(take(source_id))
    there(account)
    tags = [{"Key": key, "Value": value} for key, value in MARKS.items()]
    copy = account.client("ec2").copy_snapshot(
        SourceSnapshotId=min(made),
        SourceRegion="ap-northeast-2",
        Description=owned.description(RUN, source_id),
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags}],
    )["SnapshotId"]
    snapshots.delete_strays(RUN, source_id, volumes(source_id), list(made))
    assert there(account) == {*made, copy}


def test_a_set_that_lost_its_answer_and_its_tags_is_adopted(account: Account, source_id: str) -> None:
    account.lose_answer("ec2", "CreateSnapshots")
    with pytest.raises(ServiceUnavailable):
        take(source_id)
    lost = there(account)
    account.strip_tags(*lost)
    assert ids(take(source_id)) == lost
    assert there(account) == lost


def test_a_set_without_tags_is_waited_for(account: Account, source_id: str) -> None:
    made = ids(take(source_id))
    account.strip_tags(*made)
    assert snapshots.check(list(made), 301, 600).done


def test_a_stray_that_cannot_be_deleted_fails_no_run(account: Account, source_id: str) -> None:
    kept = ids(take(source_id))
    strays = {one.snapshot_id for one in snapshots._create(RUN, source_id, {})}
    account.faults({"action": "DeleteSnapshot", "code": "UnauthorizedOperation", "times": 1})
    snapshots.delete_strays(RUN, source_id, volumes(source_id), list(kept))
    assert len(there(account) & strays) == 1
    account.faults({"action": "DeleteSnapshot", "code": "RequestLimitExceeded", "times": 1})
    with pytest.raises(RequestThrottled):
        snapshots.delete_strays(RUN, source_id, volumes(source_id), list(kept))


def test_a_set_of_a_run_from_before_its_descriptions_named_the_arn_is_the_runs(
    account: Account, source_id: str
) -> None:
    marks = [{"Key": key, "Value": value} for key, value in MARKS.items()]
    made = {
        one["SnapshotId"]
        for specifications in ([{"ResourceType": "snapshot", "Tags": marks}], [])
        for one in account.client("ec2").create_snapshots(
            InstanceSpecification={"InstanceId": source_id},
            Description=f"golden image of {source_id}, run web-20261122T030000Z-0123abcd",
            TagSpecifications=specifications,
        )["Snapshots"]
    }
    # Another run of another state machine may have that name: its tag decides.
    found = {one["SnapshotId"] for one in owned.snapshots(RUN, source_id, volumes(source_id))}
    assert len(found) == 2
    assert found < made


def test_a_stray_set_without_tags_is_deleted(account: Account, source_id: str) -> None:
    kept = ids(take(source_id))
    account.client("ec2").create_snapshots(
        InstanceSpecification={"InstanceId": source_id}, Description=owned.description(RUN, source_id)
    )
    snapshots.delete_strays(RUN, source_id, volumes(source_id), list(kept))
    assert there(account) == kept


def test_runs_of_the_same_name_in_two_stacks_do_not_share_a_description() -> None:
    assert owned.description(RUN, "i-1") != owned.description(SAME_NAME, "i-1")


@pytest.mark.parametrize("name", ["w" * 80, "웹" * 80, "release+42", "웹-갱신"])
def test_a_description_is_what_ec2_takes_and_names_its_run(name: str) -> None:
    run = f"arn:aws-us-gov:states:us-gov-west-1:123456789012:execution:{'r' * 80}:{name}"
    described = owned.description(run, "i-0123456789abcdef0")
    assert described.isascii()
    assert len(described) <= 255
    assert described != owned.description(run[:-1] + "x", "i-0123456789abcdef0")


def test_the_ids_of_a_set_are_in_the_row_before_anything_is_checked(account: Account, source_id: str) -> None:
    with pytest.raises(SnapshotFailed):
        snapshots.create(RUN, source_id, ["vol-1"], {})
    assert noted(RUN).snapshot_ids == there(account)


def test_an_adopted_set_is_noted_too(account: Account, source_id: str) -> None:
    account.lose_answer("ec2", "CreateSnapshots")
    with pytest.raises(ServiceUnavailable):
        take(source_id)
    assert not noted(RUN).snapshot_ids
    adopted = ids(take(source_id))
    assert noted(RUN).snapshot_ids == adopted


def test_a_volume_that_was_attached_after_the_plan_is_not_left_out_of_the_set(
    account: Account, source_id: str
) -> None:
    planned = volumes(source_id)
    ec2 = account.client("ec2")
    zone = ec2.describe_volumes(VolumeIds=planned)["Volumes"][0]["AvailabilityZone"]
    late = ec2.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"]
    ec2.attach_volume(VolumeId=late, InstanceId=source_id, Device="/dev/sdz")
    account.lose_answer("ec2", "CreateSnapshots")
    with pytest.raises(ServiceUnavailable), aws.named_errors():
        snapshots.create(RUN, source_id, planned, {})
    with pytest.raises(SnapshotFailed, match="changed after the plan"):
        snapshots.create(RUN, source_id, planned, {})
    assert {s["SnapshotId"] for s in owned.snapshots(RUN, source_id, planned)} == there(account)


def test_a_run_that_was_undone_meanwhile_gets_no_row_and_is_told_what_stays(
    account: Account, source_id: str
) -> None:
    account.client("dynamodb").delete_item(TableName=LEDGER, Key={"pk": {"S": f"run#{RUN}"}})
    with pytest.raises(RunSettled, match=r"undone before its last call ended, which made snap-\w+, snap-\w+"):
        take(source_id)
    left = account.client("dynamodb").scan(TableName=LEDGER)["Items"]
    assert [item["pk"]["S"] for item in left] == [f"run#{OTHER_RUN}"]
