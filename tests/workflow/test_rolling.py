"""A group is rolled by one refresh and is never below its floor; a failed roll ends where it began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.workflow.conftest import eventually, group_of, left_of, locks, next_call, succeeded
from tests.workflow.rolling import (
    TOO_SHORT,
    AllRolled,
    Scenario,
    alarm_of,
    in_service,
    make,
    roll_all,
    targets_of,
)

if TYPE_CHECKING:
    from sandbox.client import Client

SIZES = {"minSize": 0, "desiredCapacity": 3, "maxSize": 4}
SETTINGS = {"maxSize": 6, "tags": {"Team": "web"}}


def sound(client: Client, group: str, _run: str) -> None:
    client.control("PUT", "alarms", {"name": alarm_of(group), "state": "ALARM"})


def stop(client: Client, _group: str, run: str) -> None:
    client.stop(run)


def cancel(client: Client, group: str, _run: str) -> None:
    client.autoscaling.cancel_instance_refresh(AutoScalingGroupName=group)


def sicken(client: Client, group: str, _run: str) -> None:
    client.target_group(targets_of(client, group), state="unhealthy", reason="Target.ResponseCodeMismatch")


def lost(action: str) -> dict[str, Any]:
    return {"service": "autoscaling", "action": action, "when": "after", "effect": "drop"}


NO_LAUNCH = {
    "service": "autoscaling",
    "action": "StartInstanceRefresh",
    "effect": "fail",
    "message": "no boot",
}
DENIED = {
    "service": "autoscaling",
    "action": "CreateOrUpdateTags",
    "effect": "error",
    "code": "AccessDenied",
    "status": 403,
}
ROLLED = {
    "three": Scenario(3, more={"group": SETTINGS}),
    **{f"{size}": Scenario(size) for size in (0, 1, 2)},
    "checkpoint": Scenario(
        2, more={"rolling": {"checkpointPercentages": [50, 100], "checkpointDelay": 600, "bakeTime": 600}}
    ),
    "lost start": Scenario(rules=(lost("StartInstanceRefresh"),)),
    "mixed": Scenario(launches_from="mixed"),
    "configuration": Scenario(launches_from="configuration"),
    "$Latest": Scenario(launches_from="$Latest"),
}
FAILED = {
    "alarm": Scenario(3, more={"rolling": {"alarms": True}}, meanwhile=sound),
    "launch": Scenario(3, more={"timeouts": {"rollout": 300}}, rules=(NO_LAUNCH,)),
    "health": Scenario(3, more={"timeouts": {"rollout": 500}}, meanwhile=sicken, balanced=True),
    "time-out": Scenario(3, more={"timeouts": TOO_SHORT}),
    "abort": Scenario(3, meanwhile=stop),
    "cancelled": Scenario(3, meanwhile=cancel),
    "settings": Scenario(3, more={"group": SETTINGS}, rules=(DENIED,)),
    "lost way back": Scenario(
        3,
        more={"timeouts": TOO_SHORT},
        rules=(lost("RollbackInstanceRefresh"),),
    ),
    "failed mixed": Scenario(launches_from="mixed", meanwhile=stop),
    "failed configuration": Scenario(
        launches_from="configuration",
        more={"timeouts": TOO_SHORT},
    ),
    "failed $Latest": Scenario(launches_from="$Latest", more={"timeouts": TOO_SHORT}),
    "failed $Default": Scenario(launches_from="$Default", more={"timeouts": TOO_SHORT}),
}
# How each failed run ends, and a part of its cause.
ENDS = {
    "alarm": ("InstanceRefreshFailed", "-5xx"),
    "launch": ("RolloutTimedOut", "no boot"),
    "health": ("RolloutTimedOut", "fail their health checks"),
    "time-out": ("RolloutTimedOut", "after 90 s"),
    "cancelled": ("InstanceRefreshFailed", "Cancel"),
    "settings": ("RequestRefused", "AccessDenied"),
    "lost way back": ("RolloutTimedOut", "instances left"),
}


@pytest.fixture(scope="module")
def rolled(deployed: Client) -> AllRolled:
    return roll_all(deployed, {**ROLLED, **FAILED})


@pytest.mark.parametrize("name", ROLLED)
def test_a_group_is_rolled_and_never_below_its_size(rolled: AllRolled, name: str) -> None:
    one = rolled[name]

    output = succeeded(one.run)
    new = str(output["launchTemplate"]["version"])
    before = {member["InstanceId"] for member in one.before["Instances"]}
    assert output["rollout"] == "rolling"
    assert one.is_whole
    assert one.versions == [new] * ROLLED[name].size
    assert not before & {member["InstanceId"] for member in one.after["Instances"]}
    assert one.fewest == ROLLED[name].size
    assert [refresh["Status"] for refresh in one.refreshes] == ["Successful"]
    assert one.refreshes[0]["Preferences"]["AutoRollback"] is True


@pytest.mark.parametrize("name", FAILED)
def test_a_failed_roll_ends_whole_where_it_began(rolled: AllRolled, name: str) -> None:
    one = rolled[name]

    if name in ENDS:
        error, part = ENDS[name]
        assert one.run.error == error
        assert part in str(one.run.cause)
    assert one.run.status != "SUCCEEDED"
    launching = ("LaunchTemplate", "MixedInstancesPolicy", "LaunchConfigurationName", "Tags")
    sizes = ("MinSize", "MaxSize", "DesiredCapacity")
    for setting in (*launching, *sizes):
        assert one.after.get(setting) == one.before.get(setting)
    assert one.is_whole
    old = None if "configuration" in name else "1"
    assert one.versions == [old] * FAILED[name].size
    assert one.fewest == FAILED[name].size
    assert one.left == []
    assert one.template_versions == ([] if old is None else [1])


def test_the_group_is_updated_after_its_refresh_alone(rolled: AllRolled) -> None:
    changing = ("StartInstanceRefresh", "UpdateAutoScalingGroup")
    made = {name: [call for call in rolled[name].calls if call in changing] for name in ("2", "three")}
    assert made == {"2": ["StartInstanceRefresh"], "three": list(changing)}


def test_the_other_settings_of_the_input_are_written_after_the_roll(rolled: AllRolled) -> None:
    output, after = succeeded(rolled["three"].run), rolled["three"].after
    assert output["group"]["sizesBefore"] == SIZES
    assert output["group"]["sizesAfter"] == SIZES | {"maxSize": 6}
    assert after["MaxSize"] == 6
    assert [tag["Key"] for tag in after["Tags"]] == ["Team"]
    spent = {name for name, seconds in output["timings"].items() if seconds is not None}
    assert spent >= {"launchTemplate", "rollout", "total"}


def test_the_progress_is_in_the_history(rolled: AllRolled, deployed: Client) -> None:
    answers = [event.answer for event in deployed.events(rolled["checkpoint"].run.arn)]
    told = [answer for answer in answers if "percentageComplete" in answer]
    assert {check["checkpoint"] for check in told} >= {50}
    assert {"InProgress", "Baking", "Successful"} <= {check["status"] for check in told}
    assert [told[-1]["percentageComplete"], told[-1]["instancesToUpdate"]] == [100, 0]


def test_a_lost_answer_of_the_start_makes_no_second_refresh(rolled: AllRolled) -> None:
    assert len(rolled["lost start"].refreshes) == 1


def test_a_cancelled_refresh_is_undone_by_one_of_what_differs(rolled: AllRolled) -> None:
    back, first = rolled["cancelled"].refreshes
    assert (first["Status"], back["Status"]) == ("Cancelled", "Successful")
    assert back["Preferences"]["SkipMatching"] is True
    assert back["Preferences"]["MinHealthyPercentage"] == 100


def test_a_mixed_instances_policy_is_kept_but_for_its_version(rolled: AllRolled) -> None:
    before, after = (
        group["MixedInstancesPolicy"] for group in (rolled["mixed"].before, rolled["mixed"].after)
    )
    used = after["LaunchTemplate"].pop("LaunchTemplateSpecification")
    had = before["LaunchTemplate"].pop("LaunchTemplateSpecification")
    assert (had["Version"], used["Version"]) == ("1", "2")
    assert after == before


def test_a_group_without_a_number_is_pinned_before_the_version_is_made(rolled: AllRolled) -> None:
    changing = ("UpdateAutoScalingGroup", "CreateLaunchTemplateVersion", "StartInstanceRefresh")
    for name in ("$Latest", "failed $Latest"):
        assert [call for call in rolled[name].calls if call in changing][:3] == list(changing)
    warnings = succeeded(rolled["$Latest"].run)["warnings"]
    assert any("gives it the number of that version" in told for told in warnings)


def test_a_new_group_is_waited_for_until_it_is_in_service(sandbox: Client, group: str) -> None:
    wanted = {"minSize": 2, "maxSize": 2}
    given = {"sourceInstanceId": sandbox.seed()["instanceId"], "autoScalingGroupName": group}

    output = succeeded(sandbox.run({**given, "rollout": "rolling", "group": wanted}))

    assert output["group"]["action"] == "created"
    assert len(in_service(sandbox, group)) == 2
    assert (
        sandbox.autoscaling.describe_instance_refreshes(AutoScalingGroupName=group)["InstanceRefreshes"] == []
    )


def test_a_refresh_of_somebody_else_is_refused_and_goes_on(sandbox: Client, group: str) -> None:
    source = sandbox.seed()
    given = {"sourceInstanceId": source["instanceId"], "autoScalingGroupName": group, "rollout": "rolling"}
    succeeded(sandbox.run({**given, "group": {"minSize": 1, "maxSize": 1}}))
    lasts = {"InstanceWarmup": 900}
    started = sandbox.autoscaling.start_instance_refresh(AutoScalingGroupName=group, Preferences=lasts)
    theirs = started["InstanceRefreshId"]
    first = next_call(sandbox)

    run = sandbox.run(given)

    assert run.error == "GroupNotSupported"
    assert theirs in str(run.cause)
    ended = ("CancelInstanceRefresh", "RollbackInstanceRefresh")
    assert not [call for call in sandbox.calls(first) if call["action"] in ended]
    found = group_of(sandbox, group)
    assert found is not None

    def has_ended() -> bool:
        shown = sandbox.autoscaling.describe_instance_refreshes(AutoScalingGroupName=group)
        return shown["InstanceRefreshes"][0]["Status"] == "Successful"

    eventually(has_ended)


def one_version(client: Client, group: str) -> str:
    """The version that a group launches from."""
    found = group_of(client, group)
    assert found is not None
    return found["LaunchTemplate"]["Version"]


def test_an_undo_waits_for_a_refresh_that_is_to_give_the_group_another_version(
    sandbox: Client, group: str
) -> None:
    """Auto Scaling takes no other version of a group meanwhile."""
    source = sandbox.seed()
    make(sandbox, Scenario(2), group, source)
    used = {"LaunchTemplateName": group, "Version": "1"}
    theirs = {
        "service": "autoscaling",
        "action": "StartInstanceRefresh",
        "params": {
            "AutoScalingGroupName": group,
            "DesiredConfiguration": {"LaunchTemplate": used},
            "Preferences": {"InstanceWarmup": 600},
        },
    }
    name = f"none-{uuid4().hex[:8]}"
    run = sandbox.arn_of(name)
    at = {"service": "workflow", "action": "Configure Auto Scaling Group", "run": run}
    sandbox.faults({**at, "effect": "act", "acts": [theirs]}, {**DENIED, "contains": group})
    given = {"sourceInstanceId": source["instanceId"], "autoScalingGroupName": group, "rollout": "none"}

    sandbox.start({**given, "group": {"tags": {"Team": "web"}}}, name)

    assert sandbox.wait(run).error == "RequestRefused"
    eventually(lambda: locks(sandbox, run) == [])
    calls = [call["action"] for call in sandbox.calls_of(run)]
    assert calls.count("UpdateAutoScalingGroup") == 1
    assert not {"CancelInstanceRefresh", "RollbackInstanceRefresh"} & set(calls)
    shown = sandbox.autoscaling.describe_instance_refreshes(AutoScalingGroupName=group)
    assert [one["Status"] for one in shown["InstanceRefreshes"]] == ["Successful"]
    assert one_version(sandbox, group) == "1"
    assert left_of(sandbox, run) == []
