"""What the plan of a roll refuses, warns of, and leaves to the run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ec2world.control.verbs import control
from golden_image.aws import NO_VERSION
from golden_image.errors import GroupNotSupported, InvalidInput, NotYetVisible
from golden_image.group import group, group_update, mixed, pinning
from golden_image.polling import rolling_seconds
from golden_image.run import changes, ledger, request
from tests.unit.account import RUN, UNDO
from tests.unit.inputs import SMALLEST

if TYPE_CHECKING:
    from golden_image.model.group import GroupPlan
    from golden_image.model.plan import Plan
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("ledger_table")


def planned(account: Account, /, **rolling: Any) -> Plan:
    more = {"rolling": rolling} if rolling else {}
    return account.plan(account.seed(), rollout="rolling", **more)


def wrong(**given: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        request.parse({**SMALLEST, **given})
    return {error.field: error.message for error in refused.value.fields}


def rolling(**given: Any) -> dict[str, str]:
    return wrong(rollout="rolling", rolling=given)


def test_preferences_without_a_roll_are_refused() -> None:
    assert wrong(rollout="recreate", rolling={}) == {
        "rolling": "is for rollout rolling only, and would have no effect"
    }
    assert request.parse({**SMALLEST, "rollout": "rolling"}).rolling.max_healthy_percentage == 110


def test_percentages_that_do_not_go_together_are_refused() -> None:
    found = rolling(minHealthyPercentage=0)["rolling.maxHealthyPercentage"]
    assert found == "must be at most 100 above rolling.minHealthyPercentage, found 110 and 0"
    for checkpoints in ([50], [100, 50], [20, 50]):
        assert set(rolling(checkpointPercentages=checkpoints)) == {"rolling.checkpointPercentages"}
    assert set(rolling(checkpointDelay=5)) == {"rolling.checkpointDelay"}


def test_a_roll_that_waits_for_longer_than_its_time_out_is_refused() -> None:
    """Two checkpoints before the last one, of AWS's 3,600 s each."""
    found = rolling(checkpointPercentages=[20, 50, 100])["timeouts.rollout"]
    assert found == "must be above the 7200 s that the roll waits at checkpoints and bakes, found 7200"
    assert set(rolling(bakeTime=7200)) == {"timeouts.rollout"}


def test_a_plan_of_a_roll_has_its_preferences(account: Account) -> None:
    account.group()
    plan = planned(account, bakeTime=60)
    assert plan.rolling is not None
    assert (plan.rolling.min_healthy_percentage, plan.rolling.bake_time) == (100, 60)
    assert (plan.pins_group, plan.warnings) == (False, ())


def test_a_group_that_the_run_makes_is_not_rolled(account: Account) -> None:
    assert planned(account).rolling is None


def test_alarms_that_do_not_exist_or_are_not_ok_are_refused_by_name(account: Account) -> None:
    account.group()
    cloudwatch = account.client("cloudwatch")
    for name in ("calm", "loud", "mute"):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            MetricName=name,
            Namespace="web",
            Period=60,
            Statistic="Sum",
            Threshold=1,
        )
    cloudwatch.set_alarm_state(AlarmName="loud", StateValue="ALARM", StateReason="a test")
    cloudwatch.set_alarm_state(AlarmName="mute", StateValue="INSUFFICIENT_DATA", StateReason="a test")
    with pytest.raises(InvalidInput) as refused:
        planned(account, alarms=["calm", "gone", "loud", "mute"])
    assert [(one.field, one.message) for one in refused.value.fields] == [
        ("rolling.alarms[1]", "the alarm 'gone' does not exist"),
        (
            "rolling.alarms[2]",
            "the alarm 'loud' is in ALARM, and AWS starts no refresh with it. Wait until it is OK, or leave "
            "it out",
        ),
        (
            "rolling.alarms[3]",
            "the alarm 'mute' is in INSUFFICIENT_DATA, and AWS starts no refresh with it. Wait for its data, "
            "or set its TreatMissingData to notBreaching, or leave it out",
        ),
    ]
    assert planned(account, alarms=["calm"]).rolling is not None


def test_a_composite_alarm_is_looked_up_too(account: Account) -> None:
    account.group()
    given = json.dumps({"name": "all", "state": "OK", "rule": "ALARM(some) OR ALARM(other)"}).encode()
    assert control(account.world, "PUT", "/_sandbox/alarms", given)[0] == 200
    assert [*account.client("cloudwatch").describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]]
    assert planned(account, alarms=["all"]).rolling is not None


@pytest.mark.parametrize("process", ["Launch", "Terminate", "InstanceRefresh"])
def test_a_suspended_process_of_a_roll_is_refused(account: Account, process: str) -> None:
    account.group()
    account.client("autoscaling").suspend_processes(AutoScalingGroupName="web", ScalingProcesses=[process])
    with pytest.raises(GroupNotSupported, match=f"has suspended {process}, so rolling could not finish"):
        planned(account)


def test_protected_instances_are_refused_unless_it_is_said_what_becomes_of_them(account: Account) -> None:
    account.group()
    first = account.found_group()["Instances"][0]["InstanceId"]
    account.client("autoscaling").set_instance_protection(
        AutoScalingGroupName="web", InstanceIds=[first], ProtectedFromScaleIn=True
    )
    with pytest.raises(GroupNotSupported, match=r"or set rolling\.scaleInProtectedInstances"):
        planned(account)
    for chosen, does in (("Ignore", "leaves on the old image"), ("Refresh", "replaces")):
        warnings = planned(account, scaleInProtectedInstances=chosen).warnings
        assert warnings == (f"the refresh {does} these instances that are protected from scale-in: {first}.",)


def test_new_instances_that_will_be_protected_are_refused_where_protected_ones_are_waited_for(
    account: Account,
) -> None:
    """A later stage, or a roll-back of AWS, would wait for the run's own instances."""
    account.group(NewInstancesProtectedFromScaleIn=True, DesiredCapacity=0)
    with pytest.raises(GroupNotSupported, match=r"Set rolling\.scaleInProtectedInstances to Refresh"):
        planned(account)
    assert planned(account, scaleInProtectedInstances="Refresh").rolling is not None


def mixed_group(account: Account, *overrides: dict[str, Any], size: int = 2) -> None:
    """Make the group with a mixed instances policy."""
    account.group("other", DesiredCapacity=0)
    used = {"LaunchTemplateName": "other-by-hand", "Version": "1"}
    account.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="web",
        MinSize=0,
        MaxSize=4,
        DesiredCapacity=size,
        VPCZoneIdentifier=account.subnets()[0],
        MixedInstancesPolicy={
            "LaunchTemplate": {"LaunchTemplateSpecification": used, "Overrides": list(overrides)}
        },
    )
    account.found_group()


def test_a_policy_by_requirements_is_not_rolled(account: Account) -> None:
    attributes = {"VCpuCount": {"Min": 2}, "MemoryMiB": {"Min": 2048}}
    mixed_group(account, {"InstanceRequirements": attributes})
    with pytest.raises(GroupNotSupported, match="InstanceRequirements, which AWS rolls to no version"):
        planned(account)


@pytest.mark.parametrize("weight", ["2", "3"])
def test_a_weight_of_the_whole_capacity_is_not_rolled(account: Account, weight: str) -> None:
    mixed_group(account, {"InstanceType": "t3.small", "WeightedCapacity": weight})
    with pytest.raises(GroupNotSupported, match=f"weight {weight} and a desired capacity of 2"):
        planned(account)


def test_lesser_weights_and_an_empty_group_are_rolled(account: Account) -> None:
    mixed_group(account, {"InstanceType": "t3.small", "WeightedCapacity": "1"})
    assert planned(account).rolling is not None
    account.client("autoscaling").set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=0)
    assert account.found_group()["Instances"] == []
    assert planned(account).rolling is not None


def too_long(account: Account, **wanted: Any) -> str:
    with pytest.raises(InvalidInput) as refused:
        account.plan(account.seed(), rollout="rolling", **wanted)
    (found,) = refused.value.fields
    assert found.field == "timeouts.rollout"
    return found.message


def test_a_roll_that_has_to_time_out_is_refused(account: Account) -> None:
    account.group(HealthCheckGracePeriod=1800)
    assert too_long(account, timeouts={"rollout": 3600}) == (
        "must be above the 3600 s that a refresh of 'web' takes at least, found 3600: 2 instances, 1 at a "
        "time, each batch with a warm-up of 1800 s. Raise it, or rolling.maxHealthyPercentage, or state a "
        "shorter rolling.instanceWarmup"
    )
    at_once = {"minHealthyPercentage": 100, "maxHealthyPercentage": 200}
    for rolling in (at_once, {"instanceWarmup": 1799}, {"skipMatching": True}):
        assert account.plan(
            account.seed(), rollout="rolling", rolling=rolling, timeouts={"rollout": 3600}
        ).rolling


def test_the_pauses_of_a_roll_and_its_default_warm_up_count(account: Account) -> None:
    account.group(HealthCheckGracePeriod=1800, DefaultInstanceWarmup=300)
    rolling = {"checkpointPercentages": [50, 100], "checkpointDelay": 600, "bakeTime": 60}
    told = too_long(account, rolling=rolling, timeouts={"rollout": 1260})
    assert "the 1260 s" in told
    assert "a warm-up of 300 s, and 660 s of pauses" in told


def test_a_roll_that_is_in_time_if_aws_rounds_its_batches_up_is_not_refused(account: Account) -> None:
    account.group(HealthCheckGracePeriod=1800, DesiredCapacity=3)
    rolling = {"minHealthyPercentage": 100, "maxHealthyPercentage": 150}
    assert account.plan(
        account.seed(), rollout="rolling", rolling=rolling, timeouts={"rollout": 3601}
    ).rolling


def test_each_stage_that_people_approve_has_the_whole_time_out(account: Account) -> None:
    account.group(HealthCheckGracePeriod=1800)
    staged = {"approval": {"at": ["checkpoint"]}, "rolling": {"checkpointPercentages": [50, 100]}}
    assert "1 instances, 1 at a time" in too_long(account, timeouts={"rollout": 1800}, **staged)
    assert account.plan(account.seed(), rollout="rolling", timeouts={"rollout": 1801}, **staged).rolling


def test_instances_that_are_ignored_take_no_time(account: Account) -> None:
    account.group(HealthCheckGracePeriod=1800)
    first = account.found_group()["Instances"][0]["InstanceId"]
    account.client("autoscaling").set_instance_protection(
        AutoScalingGroupName="web", InstanceIds=[first], ProtectedFromScaleIn=True
    )
    told = {"timeouts": {"rollout": 3600}, "rolling": {"scaleInProtectedInstances": "Ignore"}}
    assert account.plan(account.seed(), rollout="rolling", **told).rolling


def test_standby_instances_are_refused_unless_it_is_said_what_becomes_of_them(account: Account) -> None:
    account.group()
    first = account.found_group()["Instances"][0]["InstanceId"]
    account.client("autoscaling").enter_standby(
        AutoScalingGroupName="web", InstanceIds=[first], ShouldDecrementDesiredCapacity=True
    )
    with pytest.raises(GroupNotSupported, match=r"or set rolling\.standbyInstances"):
        planned(account)
    for chosen, does in (("Ignore", "leaves on the old image"), ("Terminate", "terminates")):
        warnings = planned(account, standbyInstances=chosen).warnings
        assert warnings == (f"the refresh {does} these instances in Standby: {first}.",)


def test_an_empty_group_is_warned_of(account: Account) -> None:
    account.group(DesiredCapacity=0)
    assert planned(account).warnings == (
        "'web' has no instance to replace: the refresh gives it the new version only.",
    )


@pytest.mark.parametrize("version", ["$Latest", "$Default"])
def test_a_group_without_a_number_is_to_be_pinned(account: Account, version: str) -> None:
    account.group(LaunchTemplate={"LaunchTemplateName": "web-by-hand", "Version": version})
    plan = planned(account)
    assert plan.pins_group
    assert f"'web' takes {version} of its launch template. The run gives it the number" in plan.warnings[0]
    ledger.lock(plan, UNDO)
    unknown = {"service": "ec2", "action": "DescribeLaunchTemplateVersions", "code": NO_VERSION}
    account.faults(unknown)
    with pytest.raises(NotYetVisible):
        pinning.pin(RUN, "web")
    for _ in range(2):
        pinning.pin(RUN, "web")
    assert account.found_group()["LaunchTemplate"]["Version"] == "1"
    assert len(account.calls("UpdateAutoScalingGroup")) == 1
    change = changes.read(RUN)
    assert change is not None
    assert (change.before.launch_template_version, change.pinned) == (version, "1")
    assert (change.version, change.settings_written) == (None, False)


def test_a_policy_is_given_another_version_alone(account: Account) -> None:
    account.group("other")
    template_id = account.found_group("other")["LaunchTemplate"]["LaunchTemplateId"]
    overrides = [{"InstanceType": "t3.small", "WeightedCapacity": "2"}]
    used = {"LaunchTemplateId": template_id, "Version": "1"}
    account.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="web",
        MinSize=0,
        MaxSize=0,
        VPCZoneIdentifier=account.subnets()[0],
        MixedInstancesPolicy={
            "LaunchTemplate": {"LaunchTemplateSpecification": used, "Overrides": overrides}
        },
    )
    found = group.find("web")
    assert found is not None
    given = mixed.launching(found, "lt-1", "7")["MixedInstancesPolicy"]
    assert given["LaunchTemplate"] == {
        "LaunchTemplateSpecification": {"LaunchTemplateId": "lt-1", "Version": "7"},
        "Overrides": overrides,
    }
    assert given["InstancesDistribution"] == found["MixedInstancesPolicy"].get("InstancesDistribution")
    assert group.state(found, None).mixed


def settings(account: Account, **stated: Any) -> GroupPlan:
    """The plan of a group, by a run that has its locks."""
    plan = account.plan(account.seed(), rollout="rolling", group=stated)
    ledger.lock(plan, UNDO)
    return plan.group


def test_after_a_roll_only_what_is_stated_is_written(account: Account) -> None:
    account.group()
    group_update.update_settings(RUN, settings(account))
    assert account.calls("UpdateAutoScalingGroup") == []


def test_what_the_group_had_is_noted_before_the_settings_are_written(account: Account) -> None:
    account.group()
    plan = settings(account, maxSize=6, healthCheckGracePeriod=60)
    group_update.update_settings(RUN, plan)
    (sent,) = account.calls("UpdateAutoScalingGroup")
    assert sent == {"AutoScalingGroupName": "web", "MaxSize": 6, "HealthCheckGracePeriod": 60}
    group_update.update_settings(RUN, plan)
    row = account.client("dynamodb").get_item(TableName="refresh-ledger", Key={"pk": {"S": f"run#{RUN}"}})
    assert '"maxSize": 4' in row["Item"]["settingsBefore"]["S"]


def test_a_poll_comes_when_the_next_instance_may_be_replaced() -> None:
    """Often at the end, less often while many are left, and never so often that a week fills the history."""
    assert rolling_seconds(300, 0, 1, 30, "a") < 6
    assert rolling_seconds(600, 66, 1, 300, "a") < 6
    assert 10 < rolling_seconds(600, 50, 5, 300, "a") < 120
    polls, elapsed = 0, 0
    while elapsed < 604_800:
        elapsed, polls = elapsed + rolling_seconds(elapsed, 100, 0, 300, "a"), polls + 1
    assert polls < 2_300


def test_a_roll_is_not_polled_while_it_cannot_be_over() -> None:
    """Its first instance has its warm-up to come; a failure before that is seen a minute later at most."""
    assert 25 <= rolling_seconds(20, 0, 1, 50, "a") <= 34
    assert 53 <= rolling_seconds(20, 0, 1, 900, "a") <= 67
    # It may end before, where nothing has to be replaced, and one that is replaced was warm.
    assert rolling_seconds(20, 0, 0, 900, "a") < 6
    assert rolling_seconds(20, 50, 1, 900, "a") < 6


def polls_of(stages: int, seconds: int) -> int:
    """The polls of a roll whose stages take so many seconds each, and are never shown to be ahead."""
    polls = 0
    for stage in range(stages):
        elapsed = 0
        while elapsed < seconds:
            elapsed += rolling_seconds(elapsed, 0, 1, 0, f"stage {stage}", stage * seconds)
            polls += 1
    return polls


@pytest.mark.parametrize(("stages", "seconds"), [(10, 1200), (100, 1200), (4, 604_800), (100, 25_056)])
def test_a_roll_in_stages_stays_below_the_history_that_a_run_may_have(stages: int, seconds: int) -> None:
    """Nine events a poll, and thirty for the start and the approval of a stage."""
    assert polls_of(stages, seconds) * 9 + stages * 30 < 24_000
