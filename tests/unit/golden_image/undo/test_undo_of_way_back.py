"""The undo of a way back: the group is as before, and nothing of the older generation is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from golden_image.group import group, group_update
from golden_image.image import lookup
from golden_image.run import ledger
from golden_image.undo import undo as undoing
from tests.unit.account import UNDO
from tests.unit.golden_image.generation.refreshing import arn, go_back, planned, refresh

if TYPE_CHECKING:
    from golden_image.model.generation import Generation
    from golden_image.model.plan import WayBackPlan
    from tests.unit.account import Account

BACK = arn("back")
WEB = {"LaunchTemplateName": "web"}
SIZES = {"minSize": 1, "maxSize": 3, "desiredCapacity": 2}


@pytest.fixture
def first(account: Account, generations_table: None) -> Generation:
    """The first of two generations of a group of two instances, which runs the second."""
    assert generations_table is None
    made = refresh(account, "one")
    refresh(account, "two", rollout="recreate", group=SIZES)
    assert versions(account) == ["2", "2"]
    account.forget_calls()
    return made


def versions(account: Account) -> list[str]:
    """The versions that the group's instances were launched from."""
    found = account.found_group()["Instances"]
    return [one["LaunchTemplate"]["Version"] for one in found if one["LifecycleState"] == "InService"]


def undo() -> str:
    """All passes of the undo, as the workflow makes them; what they have come to."""
    assert ledger.claim_undo(BACK)
    waited = 0
    while not (check := undoing.undo(BACK, waited, 3600)).done:
        waited += check.wait_seconds
    ledger.unlock(BACK)
    return check.roll_back


def everything(account: Account) -> dict[str, Any]:
    """The group, and what its generations are made of."""
    found = account.found_group()
    ec2 = account.client("ec2")
    return {
        "launches": found["LaunchTemplate"]["Version"],
        "sizes": str(group.sizes(found)),  # type: ignore[arg-type]
        "instances": versions(account),
        "images": sorted(one["ImageId"] for one in ec2.describe_images(Owners=["self"])["Images"]),
        "snapshots": sorted(
            one["SnapshotId"] for one in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
        ),
        "versions": [
            one["VersionNumber"]
            for one in ec2.describe_launch_template_versions(LaunchTemplateName="web")[
                "LaunchTemplateVersions"
            ]
        ],
    }


def lock_alone(own: WayBackPlan) -> None:
    ledger.lock(own, UNDO)


def update_alone(own: WayBackPlan) -> None:
    ledger.lock(own, UNDO)
    group_update.update(own.run, own.group, own.goes_back_to.launch_template, own.rollout, own.timeouts)


@pytest.mark.parametrize(
    ("until", "rollout"),
    [
        (lock_alone, "recreate"),
        (update_alone, "recreate"),
        (update_alone, "none"),
        (go_back, "drain"),
        (go_back, "recreate"),
        (go_back, "none"),
    ],
)
@pytest.mark.usefixtures("first")
def test_the_group_is_as_before_and_the_older_generation_is_whole(
    account: Account, until: Any, rollout: str
) -> None:
    before = everything(account)
    until(planned("back", goBackTo="previous", rollout=rollout))
    assert undo() == "nothing of the run is left"
    assert everything(account) == before
    assert not {"DeregisterImage", "DeleteSnapshot", "DeleteLaunchTemplate"} & set(account.changes())
    assert "DeleteLaunchTemplateVersions" not in account.changes()
    assert ledger.open_runs() == []


@pytest.mark.usefixtures("first")
def test_an_instance_that_was_launched_meanwhile_is_replaced_and_one_of_before_stays(
    account: Account,
) -> None:
    """The group has an instance of the generation from before, which no rollout had ended."""
    pin(account, "1")
    scale(account, 3)
    pin(account, "2")
    assert sorted(versions(account)) == ["1", "2", "2"]
    old = {one["InstanceId"] for one in account.found_group()["Instances"]}
    update_alone(planned("back", goBackTo="previous", rollout="none"))
    scale(account, 4)
    assert sorted(versions(account)) == ["1", "1", "2", "2"]

    undo()
    assert sorted(versions(account)) == ["1", "2", "2", "2"]
    assert old <= {one["InstanceId"] for one in account.found_group()["Instances"]}


@pytest.mark.parametrize("version", ["$Latest", "$Default"])
def test_a_group_that_launches_it_anyway_keeps_its_instances(
    account: Account, first: Generation, version: str
) -> None:
    """Else each pass would end what Auto Scaling launches again."""
    goal = first.number if version == "$Default" else 2
    pin(account, version)
    go_back(planned("back", goBackTo=goal, rollout="recreate"))
    running = {one["InstanceId"] for one in account.found_group()["Instances"]}
    assert undo() == "nothing of the run is left"
    assert {one["InstanceId"] for one in account.found_group()["Instances"]} == running
    assert account.found_group()["LaunchTemplate"]["Version"] == version


def test_a_group_that_cannot_go_forth_again_stays_on_the_generation(
    account: Account, first: Generation
) -> None:
    """What it ran before the way back is gone, so the older generation is the better of the two."""
    own = planned("back", goBackTo="previous", rollout="recreate")
    newest = account.found_group()["LaunchTemplate"]["LaunchTemplateId"]
    go_back(own)
    second = planned_image(account, newest, "2")
    account.client("ec2").deregister_image(ImageId=second)
    told = undo()
    assert "'web' stays on generation 1: the version from before cannot launch (InvalidAMIID" in told
    assert account.found_group()["LaunchTemplate"]["Version"] == "1"
    assert lookup.find(first.image.id)


def test_what_somebody_sets_since_stays_and_is_told(account: Account, first: Generation) -> None:
    update_alone(planned("back", goBackTo="previous", rollout="none"))
    pin(account, "$Latest")
    assert f"{first.launch_template.id} version $Latest" in undo()
    assert account.found_group()["LaunchTemplate"]["Version"] == "$Latest"


def pin(account: Account, version: str) -> None:
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="web", LaunchTemplate={"LaunchTemplateName": "web", "Version": version}
    )


def scale(account: Account, desired: int) -> None:
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="web", MaxSize=9, DesiredCapacity=desired
    )
    account.found_group()


def planned_image(account: Account, template_id: str, version: str) -> str:
    found = account.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=template_id, Versions=[version]
    )
    image_id: str = found["LaunchTemplateVersions"][0]["LaunchTemplateData"]["ImageId"]
    return image_id
