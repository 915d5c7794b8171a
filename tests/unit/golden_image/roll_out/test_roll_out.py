from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws
from golden_image.errors import (
    DrainTimedOut,
    GroupNotSupported,
    NotYetVisible,
    RolloutTimedOut,
    RunSettled,
    ServiceUnavailable,
)
from golden_image.group import group, target_groups
from golden_image.model.group import Sizes, StatedSizes
from golden_image.polling import SETTLED_AFTER
from golden_image.roll_out import capacity, drain, refusals, targets
from golden_image.run import changes
from tests.unit.account import BLUE, RUN, TIMEOUTS, WEB

if TYPE_CHECKING:
    from golden_image.roll_out.capacity import Restored
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("row")
EMPTY = {"MinSize": 0, "MaxSize": 0, "DesiredCapacity": 0}


def judge(chosen: str) -> None:
    found = group.find("web")
    assert found
    refusals.refuse_unfinishable(found, chosen, TIMEOUTS, balanced=target_groups.has_traffic(found, None))


def members(account: Account) -> list[str]:
    return [one["InstanceId"] for one in account.found_group()["Instances"]]


# Groups that cannot be rolled


@pytest.mark.parametrize("chosen", ["drain", "recreate", "none"])
def test_a_plain_group_is_accepted(account: Account, chosen: str) -> None:
    account.group()
    judge(chosen)
    assert account.found_group()["DesiredCapacity"] == 2


@pytest.mark.parametrize("chosen", ["drain", "recreate", "none"])
def test_a_group_that_is_being_deleted_is_refused(account: Account, chosen: str) -> None:
    account.group()
    account.freeze()
    account.client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
    with pytest.raises(GroupNotSupported, match=r"'web' is being deleted \(Delete in progress\). Wait until"):
        judge(chosen)


def mixed(account: Account, *overrides: dict[str, Any]) -> None:
    """Make a group with a mixed instances policy."""
    account.group("other")
    used = {"LaunchTemplateName": "other-by-hand", "Version": "1"}
    template = {"LaunchTemplateSpecification": used, "Overrides": list(overrides)}
    account.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="web",
        MinSize=0,
        MaxSize=0,
        VPCZoneIdentifier=account.subnets()[0],
        MixedInstancesPolicy={"LaunchTemplate": template},
    )


@pytest.mark.parametrize("chosen", ["drain", "recreate", "rolling", "none"])
def test_a_mixed_instances_policy_is_taken(account: Account, chosen: str) -> None:
    mixed(account, {"InstanceType": "t3.small"})
    judge(chosen)


@pytest.mark.parametrize(
    ("own", "named"),
    [
        ({"ImageId": "ami-0123456789abcdef0"}, r"t3\.small \(image ami-0123456789abcdef0\)"),
        (
            {"LaunchTemplateSpecification": {"LaunchTemplateName": "other-by-hand", "Version": "1"}},
            r"t3\.small \(launch template other-by-hand\)",
        ),
    ],
)
def test_an_override_that_launches_something_else_is_refused_by_name(
    account: Account, own: dict[str, Any], named: str
) -> None:
    mixed(account, {"InstanceType": "t3.micro"}, {"InstanceType": "t3.small", **own})
    with pytest.raises(GroupNotSupported, match=f"would not launch the run's image: {named}\\. Take"):
        judge("none")


@pytest.mark.parametrize(
    ("chosen", "suspended", "blocked"),
    [
        ("drain", ["Terminate"], "Terminate"),
        ("recreate", ["Terminate"], "Terminate"),
        ("recreate", ["Launch"], "Launch"),
        ("recreate", ["Launch", "Terminate"], "Launch and Terminate"),
        ("drain", ["Launch"], "Launch"),
        ("none", ["Launch", "Terminate"], None),
        ("recreate", ["AZRebalance"], None),
    ],
)
def test_suspended_processes_are_refused_where_the_rollout_needs_them(
    account: Account, chosen: str, suspended: list[str], blocked: str | None
) -> None:
    account.group()
    account.client("autoscaling").suspend_processes(AutoScalingGroupName="web", ScalingProcesses=suspended)
    if blocked is None:
        judge(chosen)
        return
    says = f"'web' has suspended {blocked}, so {chosen} could not finish, or could not be undone. Resume"
    with pytest.raises(GroupNotSupported, match=says):
        judge(chosen)


@pytest.mark.parametrize("chosen", ["drain", "recreate"])
def test_instances_that_would_get_no_traffic_are_refused(account: Account, chosen: str) -> None:
    account.group(TargetGroupARNs=[WEB])
    account.client("autoscaling").suspend_processes(
        AutoScalingGroupName="web", ScalingProcesses=["AddToLoadBalancer"]
    )
    with pytest.raises(GroupNotSupported, match=rf"'web' has suspended AddToLoadBalancer.* {chosen} or its"):
        judge(chosen)
    judge("none")
    account.client("autoscaling").detach_load_balancer_target_groups(
        AutoScalingGroupName="web", TargetGroupARNs=[WEB]
    )
    judge(chosen)


@pytest.mark.parametrize("chosen", ["drain", "recreate"])
@pytest.mark.parametrize(
    ("pool", "blocks"),
    [
        ({}, None),
        ({"MinSize": 1}, "MinSize 1"),
        ({"MaxGroupPreparedCapacity": 3}, "MaxGroupPreparedCapacity 3"),
        ({"MaxGroupPreparedCapacity": -1}, None),
        ({"MaxGroupPreparedCapacity": 0}, None),
        ({"InstanceReusePolicy": {"ReuseOnScaleIn": True}}, None),
    ],
)
def test_a_warm_pool_that_a_drain_does_not_empty_is_refused(
    account: Account, chosen: str, pool: dict[str, Any], blocks: str | None
) -> None:
    account.group()
    account.client("autoscaling").put_warm_pool(AutoScalingGroupName="web", **pool)
    judge("none")
    if blocks is None:
        judge(chosen)
        drain.drain(RUN, "web")
        assert drain.check_drained(RUN, "web", 0, 3600).done
        return
    with pytest.raises(GroupNotSupported, match=rf"'web' has a warm pool with {blocks}, .* {chosen} cannot"):
        judge(chosen)
    drain.drain(RUN, "web")
    assert not drain.check_drained(RUN, "web", 0, 3600).done


@pytest.mark.parametrize(
    ("transition", "heartbeat", "refused"),
    [
        ("TERMINATING", 3599, {}),
        ("TERMINATING", 3600, {"drain": "drain", "recreate": "drain"}),
        ("LAUNCHING", 7199, {}),
        ("LAUNCHING", 7200, {"recreate": "rollout"}),
    ],
)
def test_a_hook_that_may_wait_as_long_as_the_limit_is_refused(
    account: Account, transition: str, heartbeat: int, refused: dict[str, str]
) -> None:
    account.group()
    account.client("autoscaling").put_lifecycle_hook(
        AutoScalingGroupName="web",
        LifecycleHookName="backup",
        LifecycleTransition=f"autoscaling:EC2_INSTANCE_{transition}",
        HeartbeatTimeout=heartbeat,
    )
    for chosen in ("drain", "recreate", "none"):
        if chosen not in refused:
            judge(chosen)
            continue
        says = rf"hook 'backup', in which .* {heartbeat} s, and timeouts.{refused[chosen]} is {heartbeat} s"
        with pytest.raises(GroupNotSupported, match=says):
            judge(chosen)


@pytest.mark.parametrize("chosen", ["drain", "recreate", "none"])
@pytest.mark.parametrize(
    ("action", "transition", "refused"),
    [
        ("retain", "TERMINATING", True),
        ("retain", "LAUNCHING", False),
        ("retain", None, False),
        ("terminate", "TERMINATING", False),
    ],
)
def test_a_group_that_retains_what_a_hook_abandons_is_refused(
    account: Account, chosen: str, action: str, transition: str | None, refused: bool
) -> None:
    account.group(InstanceLifecyclePolicy={"RetentionTriggers": {"TerminateHookAbandon": action}})
    if transition:
        account.client("autoscaling").put_lifecycle_hook(
            AutoScalingGroupName="web",
            LifecycleHookName="backup",
            LifecycleTransition=f"autoscaling:EC2_INSTANCE_{transition}",
            HeartbeatTimeout=60,
        )
    if not refused or chosen == "none":
        judge(chosen)
        return
    says = rf"'web' retains instances that the lifecycle hook 'backup' abandons .* {chosen} could not finish"
    with pytest.raises(GroupNotSupported, match=says):
        judge(chosen)


@pytest.mark.parametrize("chosen", ["drain", "recreate"])
def test_instances_that_are_retained_already_are_refused_by_name(account: Account, chosen: str) -> None:
    account.group()
    found: Any = group.find("web")
    retained = found["Instances"][0]
    retained["LifecycleState"] = "Terminating:Retained"
    says = f"{chosen} cannot finish while these instances are retained: {retained['InstanceId']}. End them"
    with pytest.raises(GroupNotSupported, match=says):
        refusals.refuse_unfinishable(found, chosen, TIMEOUTS, balanced=False)
    refusals.refuse_unfinishable(found, "none", TIMEOUTS, balanced=False)


@pytest.mark.parametrize("chosen", ["drain", "recreate", "none"])
def test_what_keeps_no_instance_from_coming_or_going_is_accepted(account: Account, chosen: str) -> None:
    account.group(
        DeletionProtection="prevent-all-deletion",
        MaxInstanceLifetime=86_400,
        InstanceMaintenancePolicy={"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110},
    )
    account.client("autoscaling").suspend_processes(
        AutoScalingGroupName="web",
        ScalingProcesses=["AZRebalance", "AlarmNotification", "ScheduledActions", "InstanceRefresh"],
    )
    judge(chosen)
    drain.drain(RUN, "web")
    assert drain.check_drained(RUN, "web", 0, 3600).done


@pytest.mark.parametrize("chosen", ["drain", "recreate"])
def test_protected_instances_are_refused_by_name(account: Account, chosen: str) -> None:
    account.group()
    protected = members(account)[0]
    account.client("autoscaling").set_instance_protection(
        InstanceIds=[protected], AutoScalingGroupName="web", ProtectedFromScaleIn=True
    )
    says = f"{chosen} cannot finish while these instances are protected from scale-in: {protected}. Remove"
    with pytest.raises(GroupNotSupported, match=says):
        judge(chosen)
    judge("none")


@pytest.mark.parametrize("chosen", ["drain", "recreate"])
def test_standby_instances_are_refused_by_name(account: Account, chosen: str) -> None:
    account.group()
    standby = members(account)[0]
    account.client("autoscaling").enter_standby(
        InstanceIds=[standby], AutoScalingGroupName="web", ShouldDecrementDesiredCapacity=True
    )
    says = f"{chosen} cannot finish while these instances are in Standby: {standby}. Put them back"
    with pytest.raises(GroupNotSupported, match=says):
        judge(chosen)
    judge("none")


def test_instances_on_their_way_to_standby_are_refused_too(account: Account) -> None:
    account.group()
    member = {"InstanceId": "i-1", "LifecycleState": "EnteringStandby"}
    found: Any = {"AutoScalingGroupName": "web", "Instances": [member]}
    with pytest.raises(GroupNotSupported, match="i-1"):
        refusals.refuse_unfinishable(found, "drain", TIMEOUTS, balanced=False)


@pytest.mark.parametrize("chosen", ["drain", "recreate", "none"])
def test_an_instance_refresh_under_way_is_refused_by_its_id(account: Account, chosen: str) -> None:
    account.group()
    account.freeze()
    started = account.client("autoscaling").start_instance_refresh(AutoScalingGroupName="web")
    says = f"'web' has the instance refresh {started['InstanceRefreshId']} in progress"
    with pytest.raises(GroupNotSupported, match=says):
        judge(chosen)
    account.client("autoscaling").cancel_instance_refresh(AutoScalingGroupName="web")
    with pytest.raises(GroupNotSupported, match=says):
        judge(chosen)
    account.flow()
    judge(chosen)


# The drain


def test_a_drain_takes_every_instance_out(account: Account) -> None:
    account.group(MinSize=1)
    gone = members(account)
    drain.drain(RUN, "web")
    drain.drain(RUN, "web")
    assert drain.check_drained(RUN, "web", 0, 3600).done
    assert {account.state(one) for one in gone} == {"terminated"}
    found = account.found_group()
    assert (found["MinSize"], found["MaxSize"], found["DesiredCapacity"]) == (0, 0, 0)


def test_a_drain_is_not_over_while_instances_terminate(account: Account) -> None:
    account.group()
    members(account)
    account.freeze()
    drain.drain(RUN, "web")
    check = drain.check_drained(RUN, "web", 0, 3600)
    assert (check.done, check.progress) == (False, "2 left")


@pytest.mark.parametrize(
    "state", ["Terminating", "Terminating:Wait", "Terminating:Proceed", "Pending:Wait", "Detaching"]
)
def test_an_instance_in_any_state_is_still_there(monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    found = {**EMPTY, "Instances": [{"InstanceId": "i-1", "LifecycleState": state}]}
    monkeypatch.setattr(group, "find", lambda _: found)
    assert not drain.check_drained(RUN, "web", 0, 3600).done
    with pytest.raises(
        DrainTimedOut, match=f"'web' still has 1 instances after 3600 s \\(i-1 {state}\\). Check"
    ):
        drain.check_drained(RUN, "web", 3600, 3600)


def test_instances_of_a_warm_pool_are_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "find", lambda _: {**EMPTY, "Instances": [], "WarmPoolSize": 3})
    assert drain.check_drained(RUN, "web", 0, 3600).progress == "3 left"
    with pytest.raises(DrainTimedOut, match=r"3 instances after 3600 s \(in its warm pool"):
        drain.check_drained(RUN, "web", 3600, 3600)


@pytest.mark.usefixtures("account")
def test_a_group_that_is_not_shown_is_looked_at_again() -> None:
    with pytest.raises(NotYetVisible, match="'web' is not visible"):
        drain.check_drained(RUN, "web", 0, 3600)
    with pytest.raises(NotYetVisible, match="'web' is not visible"):
        capacity.check("web", Sizes(0, 4, 2), 0, 3600)


def resize(account: Account, low: int, high: int, desired: int) -> None:
    """Somebody sets the group's sizes."""
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="web", MinSize=low, MaxSize=high, DesiredCapacity=desired
    )


def sizes(account: Account) -> tuple[int, int, int]:
    found = account.found_group()
    return found["MinSize"], found["MaxSize"], found["DesiredCapacity"]


def test_a_drain_is_over_at_no_desired_instance_whatever_the_maximum(account: Account) -> None:
    account.group(DesiredCapacity=0)
    assert drain.check_drained(RUN, "web", 0, 3600).done


@pytest.mark.parametrize("process", ["Launch", "Terminate"])
def test_a_group_that_could_not_come_back_since_the_plan_is_not_drained(
    account: Account, process: str
) -> None:
    account.group(MinSize=1)
    account.client("autoscaling").suspend_processes(AutoScalingGroupName="web", ScalingProcesses=[process])
    account.forget_calls()
    with pytest.raises(GroupNotSupported, match=f"has suspended {process}, so the rollout could not finish"):
        drain.drain(RUN, "web")
    assert account.changes() == []


def test_a_drain_notes_the_sizes_of_the_moment_and_answers_them(account: Account) -> None:
    account.group(MinSize=1)
    resize(account, 3, 6, 4)
    assert drain.drain(RUN, "web") == Sizes(3, 6, 4)
    assert changes.drain_of(RUN).sizes == Sizes(3, 6, 4)


def test_a_later_try_of_the_drain_keeps_the_sizes_that_the_first_has_noted(account: Account) -> None:
    account.group(MinSize=1)
    account.lose_answer("autoscaling", "UpdateAutoScalingGroup")
    with pytest.raises(ServiceUnavailable), aws.named_errors():
        drain.drain(RUN, "web")
    assert drain.drain(RUN, "web") == Sizes(1, 4, 2)


def test_a_later_try_of_the_drain_takes_sizes_that_were_set_since_for_those_of_before(
    account: Account,
) -> None:
    account.group(MinSize=1)
    account.faults({"service": "autoscaling", "action": "UpdateAutoScalingGroup", "code": "InternalFailure"})
    with pytest.raises(ServiceUnavailable), aws.named_errors():
        drain.drain(RUN, "web")
    resize(account, 2, 6, 3)
    assert drain.drain(RUN, "web") == Sizes(2, 6, 3)
    assert changes.drain_of(RUN).sizes == Sizes(2, 6, 3)
    assert sizes(account) == (0, 0, 0)


def of_another_version(account: Account) -> None:
    """The group gets another version: its instances are of before."""
    account.group("other")
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchTemplate={"LaunchTemplateName": "other-by-hand", "Version": "1"},
    )


def saved(account: Account) -> list[str]:
    """A group whose instances were saved by somebody who set 2/4/3 before Auto Scaling had ended any."""
    account.group(MinSize=1)
    before = members(account)
    of_another_version(account)
    autoscaling = account.client("autoscaling")
    autoscaling.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["Terminate"])
    # The drain, which would be refused now.
    changes.note_drain(RUN, Sizes(1, 4, 2), tuple(before))
    resize(account, 0, 0, 0)
    resize(account, 2, 4, 3)
    autoscaling.resume_processes(AutoScalingGroupName="web", ScalingProcesses=["Terminate"])
    return before


def test_instances_of_before_that_somebody_has_saved_are_ended_and_the_sizes_stay(account: Account) -> None:
    before = saved(account)
    check = drain.check_drained(RUN, "web", SETTLED_AFTER - 1, 3600)
    assert (check.done, account.calls("TerminateInstanceInAutoScalingGroup")) == (False, [])
    check = drain.check_drained(RUN, "web", SETTLED_AFTER, 3600)
    assert (check.done, check.progress) == (False, "2 left")
    check = drain.check_drained(RUN, "web", SETTLED_AFTER + 4, 3600)
    assert (check.done, check.progress) == (True, "3 instances wanted by somebody else")
    assert (
        "somebody else set the sizes of 'web' during the rollout (minimum 2, maximum 4" in check.warnings[0]
    )
    assert sizes(account) == (2, 4, 3)
    now = account.found_group()["Instances"]
    assert {one["LaunchTemplate"]["LaunchTemplateName"] for one in now} == {"other-by-hand"}
    assert len(now) == 3
    assert {account.state(one) for one in before} == {"terminated"}


def test_a_run_that_is_settled_ends_no_instance_of_before(account: Account) -> None:
    before = saved(account)
    account.open_row(RUN, undoing={"BOOL": True})
    with pytest.raises(RunSettled):
        drain.check_drained(RUN, "web", SETTLED_AFTER, 3600)
    assert {account.state(one) for one in before} == {"running"}


def test_instances_of_before_that_do_not_end_are_named(account: Account) -> None:
    before = saved(account)
    account.freeze()
    with pytest.raises(DrainTimedOut, match=f"still has 2 instances after 3600 s .*{min(before)}"):
        drain.check_drained(RUN, "web", 3600, 3600)


def test_a_warm_pool_that_somebody_has_filled_again_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = {**EMPTY, "AutoScalingGroupName": "web", "MaxSize": 3, "Instances": [], "WarmPoolSize": 3}
    monkeypatch.setattr(group, "find", lambda _: found)
    changes.note_drain(RUN, Sizes(1, 4, 2), ())
    assert not drain.check_drained(RUN, "web", SETTLED_AFTER - 1, 3600).done
    check = drain.check_drained(RUN, "web", SETTLED_AFTER, 3600)
    assert check.done
    assert "may still hold instances from before" in check.warnings[1]


def test_new_instances_of_the_runs_own_version_are_not_those_of_before(account: Account) -> None:
    account.group(MinSize=1)
    drain.drain(RUN, "web")
    resize(account, 1, 4, 1)
    check = drain.check_drained(RUN, "web", SETTLED_AFTER, 3600)
    assert (check.done, account.calls("TerminateInstanceInAutoScalingGroup")) == (True, [])


@pytest.mark.parametrize("how", ["the latest version", "a mixed instances policy", "the version of before"])
def test_instances_that_somebodys_sizes_launch_are_not_those_of_before_whatever_the_group_launches_from(
    account: Account, how: str
) -> None:
    before = saved(account)
    latest = {"LaunchTemplateName": "other-by-hand", "Version": "$Latest"}
    now: dict[str, Any] = {
        "the latest version": {"LaunchTemplate": latest},
        "a mixed instances policy": {
            "MixedInstancesPolicy": {"LaunchTemplate": {"LaunchTemplateSpecification": latest}}
        },
        "the version of before": {"LaunchTemplate": {"LaunchTemplateName": "web-by-hand", "Version": "1"}},
    }
    account.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="web", **now[how])
    for waited in (SETTLED_AFTER, SETTLED_AFTER + 4):
        check = drain.check_drained(RUN, "web", waited, 3600)
    assert (check.done, check.progress) == (True, "3 instances wanted by somebody else")
    assert set(before).isdisjoint(members(account))
    assert len(account.calls("TerminateInstanceInAutoScalingGroup")) == len(before)


# The capacity after it


def test_restored_capacity_is_there_when_all_are_in_service(account: Account) -> None:
    account.group()
    drain.drain(RUN, "web")
    assert drain.check_drained(RUN, "web", 0, 3600).done
    account.freeze()
    capacity.restore(RUN, "web", StatedSizes(1, 4, 2))
    check = capacity.check("web", Sizes(1, 4, 2), 0, 7200)
    assert (check.done, check.progress) == (False, "0 of 2 in service")
    account.flow()
    check = capacity.check("web", Sizes(1, 4, 2), 10, 7200)
    assert (check.done, check.progress) == (True, "2 of 2 in service")


def restored(account: Account, stated: StatedSizes, before: tuple[int, int, int] = (1, 4, 2)) -> Restored:
    """The sizes of a group that is drained and comes back."""
    account.group(MinSize=0, MaxSize=before[1], DesiredCapacity=before[2])
    resize(account, *before)
    drain.drain(RUN, "web")
    return capacity.restore(RUN, "web", stated)


@pytest.mark.parametrize(
    ("before", "stated", "after"),
    [
        ((1, 4, 2), StatedSizes(), (1, 4, 2)),
        ((3, 6, 4), StatedSizes(), (3, 6, 4)),
        ((1, 4, 2), StatedSizes(max_size=6), (1, 6, 2)),
        ((1, 4, 2), StatedSizes(3, 6, 5), (3, 6, 5)),
    ],
)
def test_a_group_comes_back_to_the_stated_sizes_and_else_to_those_before_the_drain(
    account: Account, before: tuple[int, int, int], stated: StatedSizes, after: tuple[int, int, int]
) -> None:
    given = restored(account, stated, before)
    assert (given.sizes, given.warnings, sizes(account)) == (Sizes(*after), (), after)


@pytest.mark.parametrize(
    ("before", "stated", "after"),
    [
        ((1, 4, 2), StatedSizes(desired_capacity=6), (1, 6, 6)),
        ((3, 4, 3), StatedSizes(max_size=2), (2, 2, 2)),
        ((0, 0, 0), StatedSizes(min_size=2), (2, 2, 2)),
    ],
)
def test_limits_that_do_not_go_with_the_stated_sizes_give_way_with_a_warning(
    account: Account, before: tuple[int, int, int], stated: StatedSizes, after: tuple[int, int, int]
) -> None:
    given = restored(account, stated, before)
    assert (given.sizes, sizes(account)) == (Sizes(*after), after)
    (warning,) = given.warnings
    assert f"before the drain ({Sizes(*before)}): the rollout set {Sizes(*after)}" in warning


@pytest.mark.parametrize("theirs", [(0, 0, 0), (0, 4, 0), (0, 3, 1)])
def test_sizes_that_somebody_has_set_between_two_tries_of_the_restoration_stay(
    account: Account, theirs: tuple[int, int, int]
) -> None:
    restored(account, StatedSizes())
    resize(account, *theirs)
    again = capacity.restore(RUN, "web", StatedSizes())
    assert sizes(account) == theirs
    check = capacity.check("web", again.sizes, SETTLED_AFTER, 7200)
    assert check.progress.endswith(f" of {theirs[2]} in service")
    assert "somebody else set" in (again.warnings + check.warnings)[0]


def test_a_later_try_of_the_restoration_finds_its_own_sizes(account: Account) -> None:
    first = restored(account, StatedSizes(max_size=6))
    assert capacity.restore(RUN, "web", StatedSizes(max_size=6)) == first
    assert sizes(account) == (1, 6, 2)


def test_a_maximum_that_somebody_has_raised_between_two_tries_of_the_drain_is_not_taken_for_all_sizes(
    account: Account,
) -> None:
    account.group(MinSize=1)
    drain.drain(RUN, "web")
    account.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=8)
    assert drain.drain(RUN, "web") == Sizes(1, 8, 2)
    assert capacity.restore(RUN, "web", StatedSizes()).sizes == Sizes(1, 8, 2)


@pytest.mark.parametrize(
    ("maximum", "stated", "after"),
    [
        (8, StatedSizes(), (1, 8, 2)),
        (8, StatedSizes(max_size=5, desired_capacity=5), (1, 8, 5)),
        (1, StatedSizes(), (1, 1, 1)),
    ],
)
def test_a_maximum_alone_that_somebody_has_set_while_the_group_was_drained_keeps_no_instance_away(
    account: Account, maximum: int, stated: StatedSizes, after: tuple[int, int, int]
) -> None:
    account.group(MinSize=1)
    drain.drain(RUN, "web")
    account.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=maximum)
    check = drain.check_drained(RUN, "web", SETTLED_AFTER, 3600)
    given = capacity.restore(RUN, "web", stated)
    assert (check.done, given.sizes, sizes(account)) == (True, Sizes(*after), after)
    assert check.warnings == given.warnings
    assert f"somebody else set the maximum of 'web' to {maximum} during the rollout" in given.warnings[0]
    assert capacity.restore(RUN, "web", stated).sizes == Sizes(*after)


@pytest.mark.parametrize("theirs", [(0, 5, 0), (0, 0, 0)])
def test_zeros_of_somebody_who_had_scaled_the_drained_group_before_stay(
    account: Account, theirs: tuple[int, int, int]
) -> None:
    account.group(MinSize=1)
    drain.drain(RUN, "web")
    resize(account, 1, 5, 3)
    drain.check_drained(RUN, "web", SETTLED_AFTER, 3600)
    resize(account, *theirs)
    given = capacity.restore(RUN, "web", StatedSizes())
    assert (given.sizes, sizes(account)) == (Sizes(*theirs), theirs)
    assert "somebody else set the sizes" in given.warnings[0]


@pytest.mark.parametrize("theirs", [(2, 6, 5), (0, 4, 1)])
def test_sizes_that_somebody_has_set_while_the_group_was_drained_stay(
    account: Account, theirs: tuple[int, int, int]
) -> None:
    account.group(MinSize=1)
    drain.drain(RUN, "web")
    resize(account, *theirs)
    given = capacity.restore(RUN, "web", StatedSizes(max_size=5))
    assert given.sizes == Sizes(*theirs)
    assert "somebody else set the sizes" in given.warnings[0]
    assert sizes(account) == theirs


def test_a_group_that_comes_back_without_an_instance_is_told_with_the_fields_to_state(
    account: Account,
) -> None:
    (warning,) = restored(account, StatedSizes(), (0, 4, 0)).warnings
    for field in ("group.minSize", "group.desiredCapacity", "group.maxSize"):
        assert field in warning
    assert sizes(account) == (0, 4, 0)


def test_a_group_that_wants_none_has_its_capacity(account: Account) -> None:
    account.group(DesiredCapacity=0)
    assert capacity.check("web", Sizes(0, 4, 0), 0, 7200).done


def test_a_group_that_is_scaled_out_meanwhile_is_not_waited_for(account: Account) -> None:
    account.group(DesiredCapacity=3)
    assert capacity.check("web", Sizes(0, 4, 2), 0, 7200).progress == "3 of 2 in service"


def test_a_group_that_is_scaled_in_meanwhile_is_followed(account: Account) -> None:
    account.group(DesiredCapacity=1)
    assert capacity.check("web", Sizes(0, 4, 2), 0, 7200).progress == "1 of 1 in service"


def test_a_group_whose_limits_were_changed_meanwhile_is_followed_too(account: Account) -> None:
    account.group(DesiredCapacity=2, MaxSize=6)
    assert capacity.check("web", Sizes(0, 4, 3), 0, 7200).progress == "2 of 2 in service"


def test_the_zeros_of_the_drain_are_no_scaling_in_until_reads_have_settled(account: Account) -> None:
    account.group(DesiredCapacity=0, MaxSize=0)
    check = capacity.check("web", Sizes(0, 4, 2), SETTLED_AFTER - 1, 7200)
    assert (check.done, check.progress) == (False, "0 of 2 in service")
    check = capacity.check("web", Sizes(0, 4, 2), SETTLED_AFTER, 7200)
    assert (check.done, check.progress) == (True, "0 of 0 in service")
    assert "somebody else set the sizes of 'web' during the rollout (minimum 0" in check.warnings[0]


def test_sizes_that_are_still_those_that_were_restored_are_no_warning(account: Account) -> None:
    account.group(DesiredCapacity=2)
    assert capacity.check("web", Sizes(0, 4, 2), 0, 7200).warnings == ()
    assert "desired 2" in capacity.check("web", Sizes(0, 5, 2), 0, 7200).warnings[0]


def test_an_unhealthy_instance_does_not_count(account: Account) -> None:
    account.group()
    sick = members(account)[0]
    account.freeze()
    account.client("autoscaling").set_instance_health(InstanceId=sick, HealthStatus="Unhealthy")
    assert not capacity.check("web", Sizes(0, 4, 2), 0, 7200).done


def test_instances_that_do_not_come_up_are_told_with_awss_reason(account: Account) -> None:
    account.group(DesiredCapacity=0, MaxSize=0)
    drain.drain(RUN, "web")
    failing = {"action": "UpdateAutoScalingGroup", "effect": "fail", "message": "insufficient t3 capacity"}
    account.faults({"service": "autoscaling", **failing})
    capacity.restore(RUN, "web", StatedSizes(0, 2, 2))
    with pytest.raises(
        RolloutTimedOut, match=r"0 of 2 in service after 7200 s. Last failed launch: .*t3 capacity"
    ):
        capacity.check("web", Sizes(0, 2, 2), 7200, 7200)


def test_instances_that_are_only_slow_have_no_failed_launch(account: Account) -> None:
    account.freeze()
    account.group()
    with pytest.raises(RolloutTimedOut, match="Last failed launch: none"):
        capacity.check("web", Sizes(0, 4, 2), 7200, 7200)


# Health in target groups


def elb_group(account: Account, *arns: str, **settings: Any) -> None:
    wanted = {"HealthCheckType": "ELB", "HealthCheckGracePeriod": 300, "TargetGroupARNs": list(arns)}
    account.group(**wanted | settings)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("initial", "Elb.InitialHealthChecking"),
        ("unhealthy", "Target.ResponseCodeMismatch"),
        ("draining", "Target.DeregistrationInProgress"),
        ("unused", "Target.NotInUse"),
        ("unavailable", "Target.HealthCheckDisabled"),
        ("unhealthy.draining", None),
    ],
)
def test_an_instance_that_is_not_healthy_in_a_target_group_does_not_count(
    account: Account, state: str, reason: str | None
) -> None:
    elb_group(account, WEB, BLUE)
    account.targets(BLUE, state=state, reason=reason)
    check = capacity.check("web", Sizes(0, 4, 2), 0, 7200)
    assert (check.done, check.progress) == (False, "0 of 2 in service")
    first, second = sorted(members(account))
    why = f"{state} {reason}" if reason else state
    says = f"{first} is {why} in blue, {second} is {why} in blue. Last failed launch: none"
    with pytest.raises(RolloutTimedOut, match=says):
        capacity.check("web", Sizes(0, 4, 2), 7200, 7200)
    account.targets(BLUE)
    assert capacity.check("web", Sizes(0, 4, 2), 0, 7200).done


@pytest.mark.parametrize("kind", ["ELB", "EC2,ELB", "EBS,ELB"])
def test_a_group_may_check_its_load_balancer_among_others(account: Account, kind: str) -> None:
    elb_group(account, WEB, HealthCheckType=kind)
    account.targets(WEB, state="unhealthy")
    assert not capacity.check("web", Sizes(0, 4, 2), 0, 7200).done


def test_a_group_that_does_not_check_its_load_balancer_does_not_wait_for_it(account: Account) -> None:
    elb_group(account, WEB, HealthCheckType="EC2")
    account.targets(WEB, state="unhealthy")
    assert capacity.check("web", Sizes(0, 4, 2), 0, 7200).done
    assert not account.calls("DescribeTargetHealth")


def test_instances_that_were_never_registered_do_not_count(account: Account) -> None:
    elb_group(account, WEB, DesiredCapacity=0)
    autoscaling = account.client("autoscaling")
    autoscaling.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["AddToLoadBalancer"])
    group.resize("web", Sizes(0, 1, 1))
    with pytest.raises(RolloutTimedOut, match="is not registered in web"):
        capacity.check("web", Sizes(0, 1, 1), 7200, 7200)


def test_a_target_group_that_is_gone_makes_nothing_healthy(account: Account) -> None:
    elb_group(account, WEB)
    account.client("elbv2").delete_target_group(TargetGroupArn=WEB)
    with pytest.raises(RolloutTimedOut, match="is not registered in web"):
        capacity.check("web", Sizes(0, 4, 2), 7200, 7200)


def test_a_target_with_several_ports_is_healthy_in_all_of_them(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    elb_group(account, WEB)
    found: Any = account.found_group()
    shown = [
        {"Target": {"Id": "i-1", "Port": port}, "TargetHealth": {"State": state}}
        for port, state in ((80, "healthy"), (81, "unhealthy"), (82, "healthy"))
    ]
    answer = {"TargetHealthDescriptions": shown}
    monkeypatch.setattr(aws.client("elbv2"), "describe_target_health", lambda **_: answer)
    assert targets.reasons_not_healthy(found, ["i-1"]) == {"i-1": "unhealthy in web"}


# Runs that no longer decide about the group


@pytest.mark.parametrize("mark", ["undoing", "committed"])
def test_a_run_that_is_settled_changes_no_group(account: Account, mark: str) -> None:
    account.group()
    account.open_row(RUN, **{mark: {"BOOL": True}})
    with pytest.raises(RunSettled, match="no longer changes the group"):
        drain.drain(RUN, "web")
    with pytest.raises(RunSettled):
        capacity.restore(RUN, "web", StatedSizes())
    assert account.found_group()["DesiredCapacity"] == 2


def test_a_run_without_a_row_changes_no_group(account: Account) -> None:
    account.group()
    with pytest.raises(RunSettled):
        drain.drain("arn:aws:states:us-east-1:123456789012:execution:other:run", "web")
    assert account.found_group()["DesiredCapacity"] == 2


def test_of_many_instances_the_first_are_named(account: Account) -> None:
    account.group(MaxSize=30, MinSize=0, DesiredCapacity=30)
    account.freeze()
    drain.drain(RUN, "web")
    with pytest.raises(DrainTimedOut, match=r"still has 30 instances .* 10 more\)"):
        drain.check_drained(RUN, "web", 60, 60)
