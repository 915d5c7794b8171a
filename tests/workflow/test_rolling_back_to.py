"""A way back is rolled, proven and approved as a refresh is; a failed one ends on the version before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.workflow.conftest import asked, changes, eventually, group_of, locks, next_call, succeeded
from tests.workflow.rolling import (
    TOO_SHORT,
    WARMUP,
    AllRolled,
    Scenario,
    alarm_of,
    in_service,
    make,
    roll_all,
)

if TYPE_CHECKING:
    from sandbox.client import Client


def sound(client: Client, group: str, _run: str) -> None:
    client.control("PUT", "alarms", {"name": alarm_of(group), "state": "ALARM"})


def stop(client: Client, _group: str, run: str) -> None:
    client.stop(run)


def cancel(client: Client, group: str, _run: str) -> None:
    client.autoscaling.cancel_instance_refresh(AutoScalingGroupName=group)


def back(size: int = 2, **more: Any) -> Scenario:
    return Scenario(size, generations=2, **more)


SIZED = {"group": {"maxSize": 6}}
DENIED = {
    "service": "autoscaling",
    "action": "UpdateAutoScalingGroup",
    "role": "UpdateSettingsFunction",
    "effect": "error",
    "code": "AccessDenied",
    "status": 403,
    "times": None,
}
LOST = {"service": "autoscaling", "action": "StartInstanceRefresh", "when": "after", "effect": "drop"}
ROLLED = {
    "three": back(3, more=SIZED),
    "one": back(1),
    "lost start": back(rules=(LOST,)),
    "$Latest": back(launches_from="$Latest"),
    "$Default": back(launches_from="$Default", more={"goBackTo": 2}),
}
FAILED = {
    "alarm": back(3, more={"rolling": {"alarms": True}}, meanwhile=sound),
    "time-out": back(3, more={"timeouts": TOO_SHORT}),
    "abort": back(3, meanwhile=stop),
    "cancelled": back(3, meanwhile=cancel),
    "settings": back(3, more=SIZED, rules=(DENIED,)),
    "failed $Latest": back(launches_from="$Latest", meanwhile=cancel),
}
ENDS = {
    "alarm": "InstanceRefreshFailed",
    "time-out": "RolloutTimedOut",
    "cancelled": "InstanceRefreshFailed",
    "settings": "RequestRefused",
    "failed $Latest": "InstanceRefreshFailed",
}


@pytest.fixture(scope="module")
def rolled(deployed: Client) -> AllRolled:
    return roll_all(deployed, {**ROLLED, **FAILED})


@pytest.mark.parametrize("name", ROLLED)
def test_a_group_is_rolled_to_an_older_generation_and_never_below_its_size(
    rolled: AllRolled, name: str
) -> None:
    one = rolled[name]

    output = succeeded(one.run)
    goal = ROLLED[name].more.get("goBackTo", 1)
    before = {member["InstanceId"] for member in one.before["Instances"]}
    assert output["generation"] == {"number": 3, "goesBackTo": goal}
    assert one.after["LaunchTemplate"]["Version"] == str(goal)
    assert one.is_whole
    assert one.versions == [str(goal)] * ROLLED[name].size
    assert not before & {member["InstanceId"] for member in one.after["Instances"]}
    assert one.fewest == ROLLED[name].size
    (refresh,) = one.refreshes
    assert (refresh["Status"], refresh["Preferences"]["AutoRollback"]) == ("Successful", True)
    assert output["canary"]["instanceId"].startswith("i-")
    assert sorted(one.template_versions) == [1, 2]


@pytest.mark.parametrize("name", FAILED)
def test_a_failed_way_back_ends_whole_on_the_version_before(rolled: AllRolled, name: str) -> None:
    one = rolled[name]

    assert (one.run.error or one.run.status) == ENDS.get(name, "ABORTED"), one.run.cause
    for setting in ("LaunchTemplate", "MinSize", "MaxSize", "DesiredCapacity"):
        assert one.after.get(setting) == one.before.get(setting)
    assert one.is_whole
    assert one.versions == ["2"] * FAILED[name].size
    assert one.fewest == FAILED[name].size
    assert sorted(one.template_versions) == [1, 2]
    made = {"TerminateInstanceInAutoScalingGroup", "DeregisterImage", "DeleteLaunchTemplateVersions"}
    assert not made & set(one.calls)


def test_a_group_without_a_number_is_pinned_before_it_is_touched(rolled: AllRolled) -> None:
    changing = ("UpdateAutoScalingGroup", "StartInstanceRefresh")
    first, *_, last = [
        call for call in rolled["$Latest"].calls if call in changing and call != "RunInstances"
    ]
    assert (first, last) == ("UpdateAutoScalingGroup", "StartInstanceRefresh")
    warnings = succeeded(rolled["$Latest"].run)["warnings"]
    assert any("gives it the number of that version first" in told for told in warnings)


def asked_of(group: str, **more: Any) -> dict[str, Any]:
    """The input of a way back that rolls the group, without a canary."""
    rolling = {"instanceWarmup": WARMUP, **more.pop("rolling", {})}
    asked = {"autoScalingGroupName": group, "goBackTo": "previous", "rollout": "rolling", "canary": False}
    return {**asked, "rolling": rolling, **more}


@pytest.fixture
def web(sandbox: Client, group: str) -> str:
    """A group of two instances, which runs the second of two generations."""
    make(sandbox, back(), group, sandbox.seed())
    return group


def shown(sandbox: Client, group: str) -> tuple[str, int, list[str]]:
    """What a group launches from, its capacity, and the versions of its instances in service."""
    found = group_of(sandbox, group)
    assert found is not None
    there = [one for one in found["Instances"] if one["InstanceId"] in in_service(sandbox, group)]
    versions = sorted(one["LaunchTemplate"]["Version"] for one in there)
    return found["LaunchTemplate"]["Version"], found["DesiredCapacity"], versions


BEFORE = ("2", 2, ["2", "2"])


def test_back_and_forth_no_run_takes_the_refresh_of_an_older_one(sandbox: Client, web: str) -> None:
    for version in ("1", "2", "1"):
        succeeded(sandbox.run(asked_of(web)))
        assert shown(sandbox, web) == (version, 2, [version] * 2)
    found = sandbox.autoscaling.describe_instance_refreshes(AutoScalingGroupName=web)["InstanceRefreshes"]
    assert [one["Status"] for one in found] == ["Successful"] * 3


def test_a_canary_that_fails_leaves_the_group_untouched(sandbox: Client, web: str) -> None:
    name = f"back-{uuid4().hex[:8]}"
    run, first = sandbox.arn_of(name), next_call(sandbox)
    sandbox.control("PUT", "checks", {"tag": {"key": "golden-image:run", "value": run}, "check": "instance"})
    sandbox.start(asked_of(web, canary=True), name)
    ended = sandbox.wait(run)
    assert ended.error == "CanaryFailed"
    made = changes(sandbox, first, [run])
    assert "RunInstances" in made
    assert not {"StartInstanceRefresh", "UpdateAutoScalingGroup"} & set(made)
    eventually(lambda: locks(sandbox, run) == [])
    tagged: Any = [{"Name": "tag:golden-image:run", "Values": [run]}]
    instances = [
        one
        for reservation in sandbox.ec2.describe_instances(Filters=tagged)["Reservations"]
        for one in reservation["Instances"]
    ]
    assert [one["State"]["Name"] for one in instances] == ["terminated"]
    assert shown(sandbox, web) == BEFORE


def test_a_way_back_that_is_approved_goes_on_and_one_that_is_rejected_is_undone(
    sandbox: Client, web: str
) -> None:
    approval = {"at": ["image", "checkpoint"]}
    halves = {"checkpointPercentages": [50, 100]}
    run = sandbox.start(asked_of(web, approval=approval, rolling=halves))
    assert asked(sandbox, run)
    path = f"/refreshes/{run.rpartition(':')[2]}"
    question = sandbox.api("GET", path)[2]["approval"]
    assert question["at"] == "image"
    assert f"launch template: {web} version 2 -> {web} version 1" in question["changes"]
    assert shown(sandbox, web) == BEFORE
    assert sandbox.api("POST", f"{path}/approve", {"reason": "older is better", "at": "image"})[0] == 200
    assert asked(sandbox, run)
    assert shown(sandbox, web)[2] == ["1", "2"]
    assert (
        sandbox.api("POST", f"{path}/reject", {"reason": "newer is better", "at": "checkpoint-50"})[0] == 200
    )
    ended = sandbox.wait(run)
    assert ended.error == "ApprovalRejected"
    eventually(lambda: locks(sandbox, run) == [])
    assert shown(sandbox, web) == BEFORE


def test_an_image_that_is_deleted_before_the_roll_leaves_the_group_whole(sandbox: Client, web: str) -> None:
    """The proof is older than the approval."""
    run = sandbox.start(asked_of(web, approval={"at": ["image"]}, timeouts={"rollout": 300}))
    assert asked(sandbox, run)
    found = sandbox.ec2.describe_launch_template_versions(LaunchTemplateName=web, Versions=["1"])
    image = found["LaunchTemplateVersions"][0]["LaunchTemplateData"]["ImageId"]
    newer = sandbox.seed()["imageId"]
    sandbox.ec2.create_launch_template_version(
        LaunchTemplateName=web, SourceVersion="2", LaunchTemplateData={"ImageId": newer}
    )
    sandbox.autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=web, LaunchTemplate={"LaunchTemplateName": web, "Version": "3"}
    )
    sandbox.ec2.deregister_image(ImageId=image)
    sandbox.api("POST", f"/refreshes/{run.rpartition(':')[2]}/approve", {"reason": "for a test"})
    ended = sandbox.wait(run)
    assert ended.status == "FAILED"
    eventually(lambda: locks(sandbox, run) == [])
    # Version 3 is somebody's, set while the run waited: it is what the group had just before the roll.
    assert shown(sandbox, web) == ("3", 2, ["2", "2"])


def test_somebodys_refresh_to_the_same_version_is_refused_and_goes_on(sandbox: Client, web: str) -> None:
    run = sandbox.start(asked_of(web, approval={"at": ["image"]}))
    assert asked(sandbox, run)
    found = group_of(sandbox, web)
    assert found is not None
    template = found["LaunchTemplate"]["LaunchTemplateId"]
    wanted: Any = {"LaunchTemplate": {"LaunchTemplateId": template, "Version": "1"}}
    theirs = sandbox.autoscaling.start_instance_refresh(
        AutoScalingGroupName=web, DesiredConfiguration=wanted, Preferences={"InstanceWarmup": 200}
    )["InstanceRefreshId"]
    sandbox.api("POST", f"/refreshes/{run.rpartition(':')[2]}/approve", {"reason": "for a test"})
    ended = sandbox.wait(run)
    assert ended.error == "GroupNotSupported"
    assert theirs in str(ended.cause)
    assert locks(sandbox, run) == []
    eventually(lambda: shown(sandbox, web) == ("1", 2, ["1", "1"]))
    shows = sandbox.autoscaling.describe_instance_refreshes(AutoScalingGroupName=web)["InstanceRefreshes"]
    assert [one["Status"] for one in shows] == ["Successful"]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"launchTemplate": {"keyName": "ops"}}, "launchTemplate"),
        ({"rolling": {"alarms": ["no-such-alarm"]}}, "rolling.alarms[0]"),
        ({"canary": {"document": "no-such-document"}}, "canary.document"),
    ],
)
def test_what_a_rolled_way_back_cannot_do_is_refused(
    sandbox: Client, web: str, more: dict[str, Any], field: str
) -> None:
    run = sandbox.run(asked_of(web, **more))
    assert run.error == "InvalidInput"
    assert field in str(run.cause)
    assert shown(sandbox, web) == BEFORE
