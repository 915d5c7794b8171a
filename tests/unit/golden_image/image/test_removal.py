"""What of the account's images and snapshots goes with a run that is undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws
from golden_image.errors import ImageNameTaken, RequestRefused, RollBackIncomplete, ServiceUnavailable
from golden_image.image import checks, registration, removal, snapshots
from golden_image.run import ledger
from tests.unit.account import MARKS, OTHER_RUN, RUN, UNDO, noted

if TYPE_CHECKING:
    from golden_image.model.plan import Plan
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("ledger_table")
METHODS = pytest.mark.parametrize("platform", ["linux", "windows"])
TAGS = [{"Key": key, "Value": value} for key, value in MARKS.items()]


def planned(account: Account, platform: str = "linux", **wanted: Any) -> Plan:
    plan = account.plan(account.seed(platform=platform, state="stopped"), **wanted)
    ledger.lock(plan, UNDO)
    return plan


def make_image(plan: Plan) -> str:
    """The image, by the functions that the steps of its kind of source call."""
    source = plan.source
    with aws.named_errors():
        if plan.image_method == "CreateImage":
            image_id = registration.create(RUN, plan.image, source)
        else:
            volume_ids = [volume.volume_id for volume in source.volumes]
            made = snapshots.create(RUN, source.instance_id, volume_ids, {})
            image_id = registration.register(RUN, plan.image, source, made)
    checks.check(image_id, 0, 900)
    return image_id


def remove(plan: Plan) -> bool:
    row = ledger.read(RUN)
    assert row
    with aws.named_errors():
        return removal.remove(plan, row.made)


def there(account: Account) -> set[str]:
    """The ids of the account's own images and snapshots."""
    ec2 = account.client("ec2")
    images = ec2.describe_images(Owners=["self"])["Images"]
    found = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    return {one["ImageId"] for one in images} | {one["SnapshotId"] for one in found}


@METHODS
def test_the_runs_image_and_snapshots_go_and_no_others(account: Account, platform: str) -> None:
    plan = planned(account, platform)
    other = account.client("ec2").create_image(InstanceId=plan.source.instance_id, Name="other")["ImageId"]
    checks.check(other, 0, 900)
    kept = there(account)
    assert other in kept
    make_image(plan)
    assert len(there(account)) > len(kept)
    assert remove(plan)
    assert not remove(plan)
    assert there(account) == kept


@METHODS
def test_what_lost_its_tags_goes_too(account: Account, platform: str) -> None:
    plan = planned(account, platform)
    make_image(plan)
    account.strip_tags(*there(account))
    assert remove(plan)
    assert there(account) == set()


@METHODS
@pytest.mark.parametrize("call", ["the image's", "the snapshots'"])
def test_what_lost_its_answer_and_its_tags_goes_too(account: Account, platform: str, call: str) -> None:
    plan = planned(account, platform)
    created = "CreateImage" if platform == "windows" else "CreateSnapshots"
    account.lose_answer("ec2", "RegisterImage" if call == "the image's" and platform == "linux" else created)
    with pytest.raises(ServiceUnavailable):
        make_image(plan)
    assert there(account)
    account.strip_tags(*there(account))
    assert remove(plan)
    assert there(account) == set()


@METHODS
def test_an_image_that_lost_its_answer_and_its_tags_is_adopted(account: Account, platform: str) -> None:
    plan = planned(account, platform)
    account.lose_answer("ec2", "CreateImage" if platform == "windows" else "RegisterImage")
    with pytest.raises(ServiceUnavailable):
        make_image(plan)
    account.strip_tags(*there(account))
    image_id = make_image(plan)
    assert noted(RUN).image_ids == {image_id}


@METHODS
def test_a_backup_that_carries_a_runs_tags_stays(account: Account, platform: str) -> None:
    plan = planned(account, platform)
    ec2 = account.client("ec2")
    make_image(plan)
    of_the_run = there(account)
    kinds = [{"ResourceType": kind, "Tags": TAGS} for kind in ("image", "snapshot")]
    ec2.create_image(InstanceId=plan.source.instance_id, Name="backup", TagSpecifications=kinds)
    ec2.create_snapshot(VolumeId=plan.source.volumes[0].volume_id, TagSpecifications=[kinds[1]])
    there(account)
    backups = there(account) - of_the_run
    assert len(backups) == 4
    assert remove(plan)
    assert not remove(plan)
    assert there(account) == backups


def test_a_foreign_image_of_the_runs_name_stays(account: Account) -> None:
    plan = planned(account)
    ec2 = account.client("ec2")
    by_hand = ec2.create_image(InstanceId=plan.source.instance_id, Name=plan.image.name)["ImageId"]
    with pytest.raises(ImageNameTaken, match=by_hand):
        make_image(plan)
    remove(plan)
    assert by_hand in there(account)


def test_an_image_that_carries_another_runs_tag_stays(account: Account) -> None:
    plan = planned(account)
    tags = [{"Key": "golden-image:run", "Value": OTHER_RUN}]
    kept = account.client("ec2").create_image(
        InstanceId=plan.source.instance_id,
        Name=plan.image.name,
        Description=plan.image.description,
        TagSpecifications=[{"ResourceType": "image", "Tags": tags}],
    )["ImageId"]
    remove(plan)
    assert kept in there(account)


def test_the_snapshots_of_an_image_that_is_gone_are_found_by_a_later_pass(account: Account) -> None:
    plan = planned(account, "windows")
    account.lose_answer("ec2", "CreateImage")
    with pytest.raises(ServiceUnavailable):
        make_image(plan)
    there(account)
    account.strip_tags(*there(account))
    account.faults({"service": "ec2", "action": "DeleteSnapshot", "code": "RequestLimitExceeded"})
    with pytest.raises(Exception, match="RequestLimitExceeded"):
        remove(plan)
    assert {one[:5] for one in there(account)} == {"snap-"}
    assert remove(plan)
    assert there(account) == set()


def test_an_image_that_is_gone_already_does_not_keep_its_snapshots(account: Account) -> None:
    plan = planned(account)
    make_image(plan)
    gone = {"action": "DeregisterImage", "code": "InvalidAMIID.Unavailable", "when": "after"}
    account.faults({"service": "ec2", **gone})
    assert remove(plan)
    assert there(account) == set()


def test_a_disabled_image_of_the_run_goes_too(account: Account) -> None:
    plan = planned(account)
    image_id = make_image(plan)
    account.world.ec2.own_images[image_id].state = "disabled"
    assert remove(plan)
    assert there(account) == set()


# A mark that is gone meets the policies


DENIED = {"service": "ec2", "code": "UnauthorizedOperation", "message": "denied", "times": None}


def test_a_snapshot_that_the_stack_may_not_delete_is_told_with_the_command(account: Account) -> None:
    plan = planned(account)
    volume_ids = [volume.volume_id for volume in plan.source.volumes]
    one, other = snapshots.create(RUN, plan.source.instance_id, volume_ids, {})
    account.strip_tags(*there(account))
    account.faults({**DENIED, "action": "DeleteSnapshot"})
    with pytest.raises(RollBackIncomplete) as incomplete:
        remove(plan)
    for snapshot in (one, other):
        assert f"aws ec2 delete-snapshot --snapshot-id {snapshot.snapshot_id}" in str(incomplete.value)
    assert "has lost the tag golden-image:stack=refresh" in str(incomplete.value)


def test_an_image_that_the_stack_may_not_delete_keeps_its_snapshots_and_no_others(account: Account) -> None:
    plan = planned(account)
    image_id = make_image(plan)
    volume_ids = [volume.volume_id for volume in plan.source.volumes]
    kept = there(account)
    account.client("ec2").create_snapshots(
        InstanceSpecification={"InstanceId": plan.source.instance_id},
        Description=plan.image.description,
    )
    account.strip_tags(image_id)
    account.faults({**DENIED, "action": "DeregisterImage"})
    command = f"aws ec2 deregister-image --image-id {image_id} --delete-associated-snapshots"
    with pytest.raises(RollBackIncomplete, match=command):
        remove(plan)
    assert there(account) == kept
    assert len(kept) == 1 + len(volume_ids)


def test_a_refusal_of_what_has_its_mark_is_told_in_awss_words(account: Account) -> None:
    plan = planned(account)
    make_image(plan)
    account.faults({**DENIED, "action": "DeregisterImage"})
    with pytest.raises(RequestRefused, match="DeregisterImage: UnauthorizedOperation: denied"):
        remove(plan)
