"""No volume is left of the instances that a rollout, a drain or a roll-back has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from golden_image.roll_out import capacity, drain
from tests.unit.golden_image.run.test_plan import attach_by_hand
from tests.unit.golden_image.undo.test_undo import carry_out, undo

if TYPE_CHECKING:
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("ledger_table")


def available(account: Account) -> list[str]:
    """The account's volumes that no instance has."""
    wanted = [{"Name": "status", "Values": ["available"]}]
    found = account.client("ec2").describe_volumes(Filters=wanted)["Volumes"]
    return [volume["VolumeId"] for volume in found]


@pytest.fixture
def source_id(account: Account) -> str:
    """A source with a volume that was attached by hand, so that it outlives its instance."""
    source_id = account.seed(volumes=[{"sizeGiB": 8}])
    attach_by_hand(account, source_id)
    return source_id


@pytest.mark.parametrize("existing", [True, False])
def test_no_volume_is_left_of_a_group_that_was_drained_and_undone(
    account: Account, source_id: str, existing: bool
) -> None:
    if existing:
        account.group(MinSize=2)
    sizes = {"minSize": 2, "maxSize": 2, "desiredCapacity": 2}
    plan = account.plan(source_id, rollout="recreate", group=sizes)
    carry_out(plan)
    assert account.found_group()["Instances"] == []
    assert available(account) == []
    capacity.restore(plan.run, "web", plan.group.stated_sizes)
    assert len(account.found_group()["Instances"]) == 2
    drain.drain(plan.run, "web")
    assert account.found_group()["Instances"] == []
    assert available(account) == []
    capacity.restore(plan.run, "web", plan.group.stated_sizes)
    assert len(account.found_group()["Instances"]) == 2
    undo()
    assert available(account) == []


@pytest.mark.parametrize("platform", ["linux", "windows"])
def test_volumes_that_the_input_keeps_are_left_and_told(account: Account, platform: str) -> None:
    source_id = account.seed(volumes=[{"sizeGiB": 8}], platform=platform)
    attach_by_hand(account, source_id)
    sizes = {"minSize": 2, "maxSize": 2, "desiredCapacity": 2}
    plan = account.plan(source_id, rollout="recreate", group=sizes, image={"keepVolumes": True})
    carry_out(plan)
    capacity.restore(plan.run, "web", plan.group.stated_sizes)
    assert len(account.found_group()["Instances"]) == 2
    drain.drain(plan.run, "web")
    assert account.found_group()["Instances"] == []
    kept = available(account)
    assert len(kept) >= 2
    said, _, names = undo().rpartition(": ")
    assert said == "nothing of the run is left; of its instances these volumes stay (image.keepVolumes)"
    assert sorted(names.split(", ")) == sorted(available(account)) == sorted(kept)
