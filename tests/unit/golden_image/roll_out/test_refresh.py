"""The start of an instance refresh, its preferences and its check."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws
from golden_image.errors import (
    GroupNotSupported,
    InstanceRefreshFailed,
    NotYetVisible,
    ResourceBusy,
    RolloutTimedOut,
    RunSettled,
    ServiceUnavailable,
)
from golden_image.model.launch_template import LaunchTemplate
from golden_image.model.rolling import RefreshPreferences
from golden_image.model.stage import Stage
from golden_image.roll_out import preferences, refresh, refresh_check
from golden_image.run import changes, ledger, rolls
from tests.unit.account import RUN, TIMEOUTS

if TYPE_CHECKING:
    from tests.unit.account import Account

PREFERENCES = RefreshPreferences(
    min_healthy_percentage=100,
    max_healthy_percentage=110,
    skip_matching=False,
    scale_in_protected_instances="Wait",
    standby_instances="Wait",
)


@pytest.fixture
def stage(account: Account, row: None) -> Stage:
    """A group of two instances, and the run's version of its template."""
    assert row is None
    found = account.group()
    template_id = found["LaunchTemplate"]["LaunchTemplateId"]
    account.client("ec2").create_launch_template_version(
        LaunchTemplateId=template_id, SourceVersion="1", LaunchTemplateData={"InstanceType": "t3.micro"}
    )
    account.freeze()
    return Stage(1, LaunchTemplate(template_id, "web-by-hand", 2), PREFERENCES, TIMEOUTS)


def refreshes(account: Account) -> list[Any]:
    found = account.client("autoscaling").describe_instance_refreshes(AutoScalingGroupName="web")
    shown: list[Any] = found["InstanceRefreshes"]
    return shown


def test_one_refresh_has_the_version_and_the_preferences(account: Account, stage: Stage) -> None:
    chosen = replace(
        PREFERENCES, instance_warmup=60, checkpoint_percentages=(50, 100), bake_time=30, checkpoint_delay=10
    )
    started = refresh.start(RUN, "web", replace(stage, rolling=chosen))
    (sent,) = account.calls("StartInstanceRefresh")
    assert sent["DesiredConfiguration"] == {
        "LaunchTemplate": {"LaunchTemplateId": stage.launch_template.id, "Version": "2"}
    }
    assert sent["Preferences"] == {
        "AutoRollback": True,
        "BakeTime": 30,
        "CheckpointDelay": 10,
        "CheckpointPercentages": [50, 100],
        "InstanceWarmup": 60,
        "MaxHealthyPercentage": 110,
        "MinHealthyPercentage": 100,
        "ScaleInProtectedInstances": "Wait",
        "SkipMatching": False,
        "StandbyInstances": "Wait",
    }
    assert account.calls("UpdateAutoScalingGroup") == []
    assert (started.sizes.desired_capacity, started.warnings) == (2, ())
    change = changes.read(RUN)
    assert change is not None
    assert change.before.launch_template_version == "1"
    assert (change.version, change.settings_written) == (stage.launch_template, False)
    assert change.rolling is not None
    assert (change.rolling.stage, change.rolling.refresh_ids) == (1, (started.refresh_id,))


def test_a_lost_answer_is_found_by_the_version(account: Account, stage: Stage) -> None:
    account.lose_answer("autoscaling", "StartInstanceRefresh")
    with pytest.raises(ServiceUnavailable), aws.named_errors():
        refresh.start(RUN, "web", stage)
    assert rolls.what_has_begun(RUN)[0].stage == 1
    again = refresh.start(RUN, "web", stage)
    assert [one["InstanceRefreshId"] for one in refreshes(account)] == [again.refresh_id]
    assert refresh.start(RUN, "web", stage) == again


def test_a_later_stage_is_a_refresh_of_its_own(account: Account, stage: Stage) -> None:
    first = refresh.start(RUN, "web", stage)
    account.flow()
    assert [one["Status"] for one in refreshes(account)] == ["Successful"]
    account.freeze()
    second = refresh.start(RUN, "web", replace(stage, number=2))
    change = changes.read(RUN)
    assert change is not None
    assert change.rolling is not None
    assert change.rolling.refresh_ids == (first.refresh_id, second.refresh_id)
    assert change.before.launch_template_version == "1"


def test_a_refresh_of_somebody_else_is_refused(account: Account, stage: Stage) -> None:
    account.client("autoscaling").start_instance_refresh(AutoScalingGroupName="web")
    with pytest.raises(GroupNotSupported, match=r"has the instance refresh .* in progress"):
        refresh.start(RUN, "web", stage)
    assert changes.read(RUN) is None


def test_one_that_begins_in_the_same_moment_is_met_again(account: Account, stage: Stage) -> None:
    begun = {"service": "autoscaling", "action": "StartInstanceRefresh", "code": "InstanceRefreshInProgress"}
    account.faults({**begun, "status": 400})
    with pytest.raises(ResourceBusy), aws.named_errors():
        refresh.start(RUN, "web", stage)


def test_a_version_that_auto_scaling_does_not_know_yet_is_tried_again(stage: Stage) -> None:
    unknown = replace(stage, launch_template=replace(stage.launch_template, version=9))
    with pytest.raises(NotYetVisible), aws.named_errors():
        refresh.start(RUN, "web", unknown)


def test_without_auto_rollback_where_aws_refuses_it(account: Account, stage: Stage) -> None:
    refused = {"service": "autoscaling", "action": "StartInstanceRefresh", "code": "ValidationError"}
    account.faults({**refused, "status": 400, "message": "AutoRollback is not for this group."})
    started = refresh.start(RUN, "web", stage)
    assert [sent["Preferences"]["AutoRollback"] for sent in account.calls("StartInstanceRefresh")] == [
        True,
        False,
    ]
    assert "without AutoRollback, as AWS refused it (AutoRollback is not for" in started.warnings[0]


def test_a_group_that_takes_the_latest_version_since_the_plan_is_refused(
    account: Account, stage: Stage
) -> None:
    used = {"LaunchTemplateId": stage.launch_template.id, "Version": "$Latest"}
    account.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="web", LaunchTemplate=used)
    with pytest.raises(GroupNotSupported, match=r"takes \$Latest of its launch template since the plan"):
        refresh.start(RUN, "web", stage)


def test_a_run_that_is_being_undone_starts_nothing(account: Account, stage: Stage) -> None:
    ledger.claim_undo(RUN)
    with pytest.raises(RunSettled):
        refresh.start(RUN, "web", stage)
    assert account.calls("StartInstanceRefresh") == []


def test_only_successful_is_done(account: Account, stage: Stage) -> None:
    started = refresh.start(RUN, "web", stage)
    pending = refresh_check.check("web", started.refresh_id, 0, 0, 7200, stage.launch_template)
    assert (pending.done, pending.status, pending.percentage_complete) == (False, "Pending", 0)
    assert pending.wait_seconds > 0
    assert (pending.in_service, pending.of_version) == (2, 0)
    account.flow()
    done = refresh_check.check("web", started.refresh_id, 60, 0, 7200, stage.launch_template)
    assert (done.done, done.status, done.percentage_complete) == (True, "Successful", 100)
    assert done.progress == "100% replaced, 0 instances left"
    assert (done.in_service, done.of_version) == (2, 2)


def test_any_other_end_fails_with_awss_reason(account: Account, stage: Stage) -> None:
    started = refresh.start(RUN, "web", stage)
    account.client("autoscaling").cancel_instance_refresh(AutoScalingGroupName="web")
    with pytest.raises(InstanceRefreshFailed, match=r"is Cancell(ing|ed), with 0% replaced.*user request"):
        refresh_check.check("web", started.refresh_id, 0, 0, 7200, stage.launch_template)


def test_a_time_out_tells_how_far_it_was(stage: Stage) -> None:
    started = refresh.start(RUN, "web", stage)
    with pytest.raises(
        RolloutTimedOut, match=r"is Pending after 7200 s, with 0% replaced, \d instances left"
    ):
        refresh_check.check("web", started.refresh_id, 7200, 0, 7200, stage.launch_template)


def test_the_last_of_several_stages_leaves_no_instance_of_another_version(
    account: Account, stage: Stage
) -> None:
    """Here the first refresh stands for a later one that AWS calls Successful too early."""
    first = replace(stage, rolling=replace(PREFERENCES, checkpoint_percentages=(50, 100)), approves=True)
    refresh.start(RUN, "web", first)
    account.flow()
    refresh_check.refuse_left("web", first)
    with pytest.raises(InstanceRefreshFailed, match=r"is Successful, and has left 1 instances of other ver"):
        refresh_check.refuse_left("web", replace(first, number=2))
    scaling = account.client("autoscaling")
    found = scaling.describe_auto_scaling_instances()["AutoScalingInstances"]
    old = [one["InstanceId"] for one in found if one.get("LaunchTemplate", {}).get("Version") == "1"]
    scaling.set_instance_protection(AutoScalingGroupName="web", InstanceIds=old, ProtectedFromScaleIn=True)
    ignores = replace(first.rolling, scale_in_protected_instances="Ignore")
    refresh_check.refuse_left("web", replace(first, number=2, rolling=ignores))


def test_a_refresh_that_is_not_shown_is_asked_for_again(stage: Stage) -> None:
    with pytest.raises(NotYetVisible, match="the instance refresh 123 of 'web' is not visible"):
        refresh_check.check("web", "123", 0, 0, 7200, stage.launch_template)


@pytest.mark.parametrize(
    ("chosen", "compares", "others", "protected", "standby"),
    [
        ("Wait", True, "", "Refresh", "Terminate"),
        ("Ignore", True, "", "Refresh", "Terminate"),
        ("Ignore", True, "protected", "Ignore", "Terminate"),
        ("Ignore", True, "standby", "Refresh", "Ignore"),
        ("Wait", False, "protected standby", "Refresh", "Terminate"),
        ("Ignore", False, "protected standby", "Ignore", "Ignore"),
    ],
)
def test_an_undo_is_as_healthy_and_takes_what_is_the_runs(
    chosen: str, compares: bool, others: str, protected: str, standby: str
) -> None:
    wanted = replace(
        PREFERENCES,
        min_healthy_percentage=90,
        alarms=("web-5xx",),
        bake_time=60,
        scale_in_protected_instances=chosen,
        standby_instances=chosen,
    )
    spared = {f"spares_{one}": one in others for one in ("protected", "standby")}
    assert preferences.of_undo(wanted, compares=compares, **spared) == {
        "MinHealthyPercentage": 90,
        "MaxHealthyPercentage": 110,
        "SkipMatching": compares,
        "AutoRollback": False,
        "ScaleInProtectedInstances": protected,
        "StandbyInstances": standby,
    }
