"""The undo of a way back that rolls its group: what others have rolled to the same version stays theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws
from golden_image.errors import GroupNotSupported, NotYetVisible, ServiceUnavailable
from golden_image.group import pinning
from golden_image.model.stage import Stage
from golden_image.roll_out import refresh
from golden_image.run import changes, ledger
from golden_image.undo import undo as undoing
from tests.unit.account import UNDO
from tests.unit.golden_image.generation.refreshing import another, arn, planned
from tests.unit.golden_image.generation.refreshing import refresh as refreshed

if TYPE_CHECKING:
    from golden_image.model.generation import Generation
    from golden_image.model.plan import WayBackPlan
    from tests.unit.account import Account

BACK = arn("back")
NAME = {"AutoScalingGroupName": "web"}
CHANGING = (
    "StartInstanceRefresh",
    "RollbackInstanceRefresh",
    "CancelInstanceRefresh",
    "UpdateAutoScalingGroup",
    "TerminateInstanceInAutoScalingGroup",
)
ROLLING = {"rollout": "rolling", "canary": False, "rolling": {"instanceWarmup": 60}}


@pytest.fixture
def first(account: Account, generations_table: None) -> Generation:
    """The first of two generations of a group of two instances, which runs the second."""
    assert generations_table is None
    made = refreshed(account, "one")
    another(account, made)
    scale(account, 2)
    assert versions(account) == ["2", "2"]
    account.forget_calls()
    return made


def scale(account: Account, desired: int) -> None:
    account.client("autoscaling").update_auto_scaling_group(**NAME, MaxSize=9, DesiredCapacity=desired)
    account.found_group()


def launch_from(account: Account, version: str) -> None:
    """Somebody gives the group another version of its template."""
    account.client("autoscaling").update_auto_scaling_group(
        **NAME, LaunchTemplate={"LaunchTemplateName": "web", "Version": version}
    )


def versions(account: Account) -> list[str]:
    """The versions that the group's instances were launched from."""
    return sorted(one["LaunchTemplate"]["Version"] for one in account.found_group()["Instances"])


def members(account: Account) -> set[str]:
    return {one["InstanceId"] for one in account.found_group()["Instances"]}


def begun(goal: int | str = "previous", **more: Any) -> WayBackPlan:
    """The plan of a way back that holds its locks."""
    own = planned("back", goBackTo=goal, **{**ROLLING, **more})
    ledger.lock(own, UNDO)
    if own.pins_group:
        pinning.pin(own.run, "web")
    return own


def start(own: WayBackPlan, number: int = 1) -> str:
    assert own.rolling is not None
    stage = Stage(number, own.goes_back_to.launch_template, own.rolling, own.timeouts)
    with aws.named_errors():
        return refresh.start(own.run, "web", stage).refresh_id


def roll_by_hand(account: Account, version: str, **preferences: Any) -> str:
    """Somebody starts a refresh to a version; its id."""
    template = account.found_group()["LaunchTemplate"]["LaunchTemplateId"]
    wanted = {"LaunchTemplate": {"LaunchTemplateId": template, "Version": version}}
    started = account.client("autoscaling").start_instance_refresh(
        **NAME, DesiredConfiguration=wanted, Preferences={"InstanceWarmup": 0, **preferences}
    )
    theirs: str = started["InstanceRefreshId"]
    return theirs


def refreshes(account: Account) -> list[Any]:
    """The group's refreshes, the newest first."""
    found: list[Any] = account.client("autoscaling").describe_instance_refreshes(**NAME)["InstanceRefreshes"]
    return found


def undo(account: Account) -> str:
    """All passes of the undo, while the world goes on; what they have come to."""
    assert ledger.claim_undo(BACK)
    waited = 0
    while not (check := undoing.undo(BACK, waited, 3600)).done:
        waited += check.wait_seconds
        account.flow()
        account.freeze()
    ledger.unlock(BACK)
    return check.roll_back


def test_a_refresh_under_way_is_rolled_back_by_aws(account: Account, first: Generation) -> None:
    account.freeze()
    own = start(begun())
    assert undo(account) == "nothing of the run is left"
    assert account.calls("RollbackInstanceRefresh") == [NAME]
    assert [one["InstanceRefreshId"] for one in refreshes(account)] == [own]
    assert (versions(account), account.found_group()["LaunchTemplate"]["Version"]) == (["2", "2"], "2")
    gone = {"DeregisterImage", "DeleteSnapshot", "DeleteLaunchTemplate", "DeleteLaunchTemplateVersions"}
    assert not gone & set(account.changes())
    assert first.launch_template.version == 1


@pytest.mark.usefixtures("first")
def test_a_roll_that_has_succeeded_is_undone_by_a_refresh(account: Account) -> None:
    start(begun())
    account.flow()
    assert versions(account) == ["1", "1"]
    assert account.found_group()["LaunchTemplate"]["Version"] == "1"
    assert undo(account) == "nothing of the run is left"
    assert versions(account) == ["2", "2"]
    back, there = refreshes(account)
    assert (there["Status"], back["Status"]) == ("Successful", "Successful")
    assert back["Preferences"]["SkipMatching"] is True
    assert "TerminateInstanceInAutoScalingGroup" not in account.changes()


@pytest.mark.usefixtures("first")
def test_the_refresh_of_an_older_run_is_not_taken_for_its_own(account: Account) -> None:
    older = roll_by_hand(account, "1")
    account.flow()
    roll_by_hand(account, "2")
    account.flow()
    assert versions(account) == ["2", "2"]
    account.freeze()
    own = begun()
    account.lose_answer("autoscaling", "StartInstanceRefresh")
    with pytest.raises(ServiceUnavailable):
        start(own)
    lost = refreshes(account)[0]["InstanceRefreshId"]
    assert start(own) == lost != older
    assert len(refreshes(account)) == 3


@pytest.mark.usefixtures("first")
def test_a_start_that_never_came_through_is_tried_again(account: Account) -> None:
    older = roll_by_hand(account, "1")
    account.flow()
    launch_from(account, "2")
    own = begun()
    account.freeze()
    account.faults({"service": "autoscaling", "action": "StartInstanceRefresh", "effect": "drop"})
    with pytest.raises(ServiceUnavailable):
        start(own)
    assert start(own) != older
    assert len(refreshes(account)) == 2


@pytest.mark.usefixtures("first")
def test_a_refresh_of_somebody_else_to_the_same_version_is_refused_and_goes_on(account: Account) -> None:
    own = begun()
    account.freeze()
    theirs = roll_by_hand(account, "1")
    with pytest.raises(GroupNotSupported, match=theirs):
        start(own)
    account.forget_calls()
    assert undo(account) == "nothing of the run is left"
    assert account.calls(*CHANGING) == []
    assert versions(account) == ["1", "1"]
    assert [one["Status"] for one in refreshes(account)] == ["Successful"]


@pytest.mark.usefixtures("first")
def test_one_that_somebody_starts_after_the_runs_own_is_waited_for(account: Account) -> None:
    own = begun()
    start(own)
    account.flow()
    assert versions(account) == ["1", "1"]
    account.freeze()
    theirs = roll_by_hand(account, "1")
    assert ledger.claim_undo(BACK)
    undoing.undo(BACK, 0, 3600)
    told = undoing.undo(BACK, 20, 3600)
    assert not told.done
    assert account.calls("RollbackInstanceRefresh", "CancelInstanceRefresh") == []
    assert refreshes(account)[0]["InstanceRefreshId"] == theirs


@pytest.mark.usefixtures("first")
def test_instances_of_that_version_that_the_group_had_stay(account: Account) -> None:
    """A group that was changed without a rollout has them, and somebody may have more launched."""
    launch_from(account, "1")
    scale(account, 3)
    launch_from(account, "2")
    assert versions(account) == ["1", "2", "2"]
    own = begun()
    account.faults(
        {"service": "autoscaling", "action": "StartInstanceRefresh", "code": "AccessDenied", "status": 403}
    )
    with pytest.raises(NotYetVisible, match="AccessDenied"):
        start(own)
    launch_from(account, "1")
    scale(account, 4)
    launch_from(account, "2")
    old = members(account)
    assert versions(account) == ["1", "1", "2", "2"]
    account.forget_calls()
    assert undo(account) == "nothing of the run is left"
    assert (members(account), account.calls(*CHANGING)) == (old, [])


@pytest.mark.usefixtures("first")
def test_what_a_refresh_left_of_them_is_not_replaced_either(account: Account) -> None:
    launch_from(account, "1")
    scale(account, 3)
    (kept,) = [
        one["InstanceId"]
        for one in account.found_group()["Instances"]
        if one["LaunchTemplate"]["Version"] == "1"
    ]
    launch_from(account, "2")
    own = begun(rolling={"instanceWarmup": 60, "skipMatching": True})
    account.freeze()
    start(own)
    change = changes.read(BACK)
    assert change is not None
    assert change.had == (kept,)
    assert undo(account) == "nothing of the run is left"
    assert kept in members(account)
    assert versions(account) == ["1", "2", "2"]
    assert len(refreshes(account)) == 1


@pytest.mark.usefixtures("first")
def test_a_group_that_launched_that_version_before_keeps_its_new_instances(account: Account) -> None:
    """Else the refresh of each pass would replace what it has launched."""
    own = begun(2)
    start(own)
    account.flow()
    new = members(account)
    assert undo(account) == "nothing of the run is left"
    assert members(account) == new
    assert len(refreshes(account)) == 1


@pytest.mark.parametrize("goal", [1, 2])
@pytest.mark.usefixtures("first")
def test_a_group_on_latest_is_pinned_and_gets_latest_again(account: Account, goal: int) -> None:
    launch_from(account, "$Latest")
    own = begun(goal)
    assert account.found_group()["LaunchTemplate"]["Version"] == "2"
    account.freeze()
    start(own)
    account.flow()
    assert versions(account) == [str(goal)] * 2
    assert undo(account) == "nothing of the run is left"
    assert account.found_group()["LaunchTemplate"]["Version"] == "$Latest"
    assert versions(account) == ["2", "2"]


@pytest.mark.usefixtures("first")
def test_what_an_earlier_stage_has_launched_is_the_runs(account: Account) -> None:
    own = begun()
    first_stage = start(own)
    account.flow()
    assert versions(account) == ["1", "1"]
    assert start(own, 2) != first_stage
    account.flow()
    change = changes.read(BACK)
    assert change is not None
    assert change.had == ()
    assert undo(account) == "nothing of the run is left"
    assert versions(account) == ["2", "2"]


@pytest.mark.usefixtures("first")
def test_a_later_latest_version_is_rolled_out_by_nobody(account: Account) -> None:
    launch_from(account, "$Latest")
    start(begun(2))
    account.flow()
    account.client("ec2").create_launch_template_version(
        LaunchTemplateName="web", SourceVersion="2", LaunchTemplateData={}
    )
    assert undo(account) == "nothing of the run is left"
    assert account.found_group()["LaunchTemplate"]["Version"] == "$Latest"
    assert versions(account) == ["2", "2"]


@pytest.mark.usefixtures("first")
def test_what_is_protected_and_not_the_runs_is_not_taken(account: Account) -> None:
    """A refresh compares versions alone, and would end instances that somebody has protected."""
    launch_from(account, "1")
    scale(account, 3)
    (kept,) = [
        one["InstanceId"]
        for one in account.found_group()["Instances"]
        if one["LaunchTemplate"]["Version"] == "1"
    ]
    launch_from(account, "2")
    account.client("autoscaling").set_instance_protection(
        **NAME, InstanceIds=[kept], ProtectedFromScaleIn=True
    )
    start(begun(rolling={"instanceWarmup": 60, "scaleInProtectedInstances": "Ignore"}))
    account.flow()
    assert versions(account) == ["1", "1", "1"]
    assert undo(account) == "nothing of the run is left"
    assert kept in members(account)
    assert versions(account) == ["1", "2", "2"]
