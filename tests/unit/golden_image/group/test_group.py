from __future__ import annotations

import re
from dataclasses import replace
from itertools import batched
from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws
from golden_image.errors import (
    GroupNotSupported,
    NotYetVisible,
    RequestRefused,
    ResourceBusy,
    RollBackIncomplete,
    RunSettled,
    ServiceUnavailable,
)
from golden_image.group import group, group_removal, group_update, options
from golden_image.model.group import GroupPlan, GroupState, GroupTag, Sizes, StatedSizes
from golden_image.model.launch_template import LaunchTemplate
from golden_image.model.made import Made
from golden_image.run import changes
from golden_image.run import made as made_by_runs
from tests.unit.account import BLUE, GREEN, MARKS, OTHER_RUN, RUN, TIMEOUTS, noted

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("row")
SOURCE = "i-0123456789abcdef0"
TARGETS = "arn:aws:elasticloadbalancing:ap-northeast-2:123456789012:targetgroup"
FULLY = "You must use a valid fully-formed launch template."
TOPIC = "arn:aws:sns:ap-northeast-2:123456789012:web-scaling"


@pytest.fixture
def template(account: Account) -> LaunchTemplate:
    """A golden launch template with two versions."""
    ec2 = account.client("ec2")
    data = {"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.small"}
    made = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)["LaunchTemplate"]
    ec2.create_launch_template_version(LaunchTemplateName="web", LaunchTemplateData=data)
    made_by_runs.note(RUN, made_by_runs.TEMPLATE_VERSIONS, [f"{made['LaunchTemplateId']}/2"])
    return LaunchTemplate(made["LaunchTemplateId"], "web", 2)


def new_group(account: Account, **changes: Any) -> GroupPlan:
    plan = GroupPlan(
        name="web",
        before=None,
        sizes=Sizes(1, 3, 2),
        subnet_ids=tuple(account.subnets()[:2]),
        target_group_arns=None,
        health_check_type="EC2",
        health_check_grace_period=None,
        target_cpu=None,
        notification_topic_arn=None,
        tags={},
    )
    return replace(plan, **changes)


def same_group(account: Account, **changes: Any) -> GroupPlan:
    """The plan of a run that leaves everything of the existing group but its version as it is."""
    topic = changes.get("notification_topic_arn")
    before = group.state(found(), topic)
    return new_group(
        account,
        **{"before": before, "sizes": before.sizes, "subnet_ids": None, "health_check_type": None} | changes,
    )


def create(plan: GroupPlan, template: LaunchTemplate, run: str = RUN) -> None:
    with aws.named_errors():
        group.create(run, SOURCE, plan, template)


def found() -> Any:
    return group.find("web")


def sizes_of(described: Any) -> tuple[int, int, int]:
    return described["MinSize"], described["MaxSize"], described["DesiredCapacity"]


def policies(account: Account) -> list[dict[str, Any]]:
    described = account.client("autoscaling").describe_policies(AutoScalingGroupName="web")
    listed: list[dict[str, Any]] = described["ScalingPolicies"]
    return listed


def notifications(account: Account) -> set[str]:
    described = account.client("autoscaling").describe_notification_configurations(
        AutoScalingGroupNames=["web"]
    )["NotificationConfigurations"]
    return {one["NotificationType"] for one in described if one["TopicARN"] == TOPIC}


# A new group


def test_a_new_group_has_what_the_plan_says(account: Account, template: LaunchTemplate) -> None:
    create(
        new_group(
            account,
            target_group_arns=(BLUE,),
            health_check_type="ELB",
            health_check_grace_period=300,
            tags={"Environment": "production"},
        ),
        template,
    )
    made = found()
    assert made["LaunchTemplate"]["LaunchTemplateId"] == template.id
    assert made["LaunchTemplate"]["Version"] == "2"
    assert sizes_of(made) == (1, 3, 2)
    assert set(made["VPCZoneIdentifier"].split(",")) == set(account.subnets()[:2])
    assert made["TargetGroupARNs"] == [BLUE]
    assert (made["HealthCheckType"], made["HealthCheckGracePeriod"]) == ("ELB", 300)


def test_a_new_group_is_tagged_in_the_creating_call_and_hands_on_only_the_inputs_tags(
    account: Account, template: LaunchTemplate
) -> None:
    create(new_group(account, tags={"Environment": "production"}), template)
    tags = {tag["Key"]: (tag["Value"], tag["PropagateAtLaunch"]) for tag in found()["Tags"]}
    marks = {"golden-image:source": SOURCE, **MARKS}
    assert tags == {"Environment": ("production", True)} | {key: (marks[key], False) for key in marks}
    assert "CreateOrUpdateTags" not in account.changes()


def test_creating_twice_makes_one_group(account: Account, template: LaunchTemplate) -> None:
    plan = new_group(account)
    create(plan, template)
    create(plan, template)
    assert len(found()["Instances"]) == 2


def test_a_group_whose_answer_was_lost_is_adopted(account: Account, template: LaunchTemplate) -> None:
    plan = new_group(account)
    account.lose_answer("autoscaling", "CreateAutoScalingGroup")
    with pytest.raises(ServiceUnavailable):
        create(plan, template)
    create(plan, template)
    assert len(found()["Instances"]) == 2


def test_a_group_that_exists_and_is_not_shown_yet_is_looked_for_again(
    account: Account, template: LaunchTemplate
) -> None:
    plan = new_group(account)
    stale = {"action": "CreateAutoScalingGroup", "effect": "stale", "reads": 2}
    account.faults({"service": "autoscaling", **stale})
    create(plan, template)
    with pytest.raises(NotYetVisible, match="'web' exists but is not visible yet"):
        create(plan, template)
    create(plan, template)
    assert found()


def test_a_foreign_group_that_appeared_after_the_plan_is_not_adopted(
    account: Account, template: LaunchTemplate
) -> None:
    clone(account)
    with pytest.raises(GroupNotSupported, match="'web' was created by something else after the plan"):
        create(new_group(account), template)


def clone(account: Account) -> None:
    """Somebody makes a group of that name with the run's tags, from a template of their own."""
    marks = [GroupTag(key, value, propagate=False) for key, value in MARKS.items()]
    account.group(Tags=options.tag_list("web", marks))


@pytest.mark.parametrize("lost", [True, False])
def test_a_group_that_lost_its_tags_before_a_later_try_is_adopted(
    account: Account, template: LaunchTemplate, lost: bool
) -> None:
    if lost:
        account.lose_answer("autoscaling", "CreateAutoScalingGroup")
        with pytest.raises(ServiceUnavailable):
            create(new_group(account), template)
    else:
        create(new_group(account), template)
    strip_tags(account)
    create(new_group(account), template)
    assert noted(RUN).group_arns == {found()["AutoScalingGroupARN"]}


def test_a_group_is_known_by_its_id_whatever_somebody_has_it_launch_from(
    account: Account, template: LaunchTemplate
) -> None:
    create(new_group(account), template)
    account.group("other")
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="web", LaunchTemplate={"LaunchTemplateName": "other-by-hand", "Version": "1"}
    )
    strip_tags(account)
    create(new_group(account), template)
    assert group_removal.remove("web", noted(RUN))
    # One that somebody makes of that name then has another id.
    clone(account)
    assert not group_removal.remove("web", noted(RUN))


@pytest.mark.parametrize("mark", ["undoing", "committed"])
@pytest.mark.parametrize("new", [True, False])
def test_a_run_that_is_settled_makes_and_configures_no_group(
    account: Account, template: LaunchTemplate, mark: str, new: bool
) -> None:
    if not new:
        account.group()
    plan = new_group(account) if new else same_group(account, target_group_arns=(BLUE,))
    account.open_row(RUN, **{mark: {"BOOL": True}})
    account.forget_calls()
    if new:
        with pytest.raises(RunSettled):
            create(plan, template)
    with pytest.raises(RunSettled):
        group.configure(RUN, plan)
    assert account.changes() == []


@pytest.mark.parametrize(
    ("code", "message", "name"),
    [
        (
            "ValidationError",
            "You must use a valid fully-formed launch template. Value (web) for parameter "
            "iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
            ResourceBusy,
        ),
        ("ValidationError", "The subnet ID 'subnet-1' does not exist", RequestRefused),
        ("ValidationError", f"{FULLY} The key pair 'ops' does not exist", RequestRefused),
        ("ValidationError", f"{FULLY} The image id '[ami-1]' does not exist", NotYetVisible),
        ("ValidationError", "The specified launch template, lt-1, does not exist.", NotYetVisible),
        ("ValidationError", f"{FULLY} You are not authorized to perform this operation.", NotYetVisible),
        ("ValidationError", f"{FULLY} not authorized to perform: iam:PassRole on role/web", RequestRefused),
        ("AccessDenied", "You are not authorized to use launch template: lt-1", NotYetVisible),
        (
            "AccessDenied",
            "not authorized to perform: autoscaling:CreateAutoScalingGroup on resource: web",
            RequestRefused,
        ),
        ("ResourceContention", "pending update", ResourceBusy),
        ("LimitExceeded", "You have reached your limit of groups", RequestRefused),
    ],
)
def test_what_auto_scaling_says_to_the_creation_decides_whether_it_is_tried_again(
    account: Account, template: LaunchTemplate, code: str, message: str, name: type[Exception]
) -> None:
    wrong = {"action": "CreateAutoScalingGroup", "code": code, "message": message}
    account.faults({"service": "autoscaling", **wrong})
    with pytest.raises(name, match=re.escape(message)):
        create(new_group(account), template)
    assert found() is None


def test_a_version_that_auto_scaling_sees_late_is_waited_out_in_an_update_too(
    account: Account, template: LaunchTemplate
) -> None:
    account.group()
    denied = {
        "code": "AccessDenied",
        "message": f"You are not authorized to use launch template {template.id}",
    }
    account.faults({"service": "autoscaling", "action": "UpdateAutoScalingGroup", "times": 1, **denied})
    plan = same_group(account)
    with pytest.raises(NotYetVisible, match=r"is not fully visible yet: AccessDenied: You are not"):
        group_update.update(RUN, plan, template, "none", TIMEOUTS)
    group_update.update(RUN, plan, template, "none", TIMEOUTS)
    assert found()["LaunchTemplate"]["Version"] == "2"


def test_null_takes_the_policy_away(account: Account, template: LaunchTemplate) -> None:
    account.group()
    group.configure(RUN, new_group(account, target_cpu=60.0))
    plan = same_group(account, removes_target_cpu=True)
    group_update.update(RUN, plan, template, "none", TIMEOUTS)
    for _ in range(2):
        group.configure(RUN, plan)
    assert policies(account) == []


def test_policy_and_notifications_are_set_once_however_often(
    account: Account, template: LaunchTemplate
) -> None:
    plan = new_group(account, target_cpu=50.0, notification_topic_arn=TOPIC, tags={"a": "b"})
    create(plan, template)
    group.configure(RUN, plan)
    group.configure(RUN, plan)
    (policy,) = policies(account)
    assert policy["PolicyName"] == "golden-image-target-cpu"
    assert policy["TargetTrackingConfiguration"]["TargetValue"] == 50.0
    assert notifications(account) == set(options.NOTIFICATIONS)
    assert "CreateOrUpdateTags" not in account.changes()


def test_a_topic_is_added_to_those_that_the_group_has(account: Account) -> None:
    account.group()
    theirs = {"TopicARN": f"{TOPIC}-theirs", "NotificationTypes": ["autoscaling:EC2_INSTANCE_LAUNCH"]}
    account.client("autoscaling").put_notification_configuration(AutoScalingGroupName="web", **theirs)
    group.configure(RUN, same_group(account, notification_topic_arn=TOPIC))
    assert options.notification_types("web", TOPIC) == options.NOTIFICATIONS
    assert options.notification_types("web", theirs["TopicARN"]) == tuple(theirs["NotificationTypes"])


def test_a_new_group_without_settings_of_their_own_calls_needs_none(
    account: Account, template: LaunchTemplate
) -> None:
    plan = new_group(account)
    create(plan, template)
    account.forget_calls()
    group.configure(RUN, plan)
    assert account.calls("DescribeAutoScalingGroups") == account.changes() == []


def test_a_new_group_that_is_not_shown_yet_gets_its_policy_later(account: Account) -> None:
    with pytest.raises(NotYetVisible, match="'web' is not visible"):
        group.configure(RUN, new_group(account, target_cpu=50.0))
    assert account.changes() == []


# An existing group


def test_the_state_of_a_group_has_all_that_a_run_may_change(account: Account) -> None:
    made = account.group(
        TargetGroupARNs=[BLUE],
        HealthCheckType="ELB",
        HealthCheckGracePeriod=120,
        Tags=[{"Key": "Environment", "Value": "production", "PropagateAtLaunch": True}],
    )
    group.configure(RUN, new_group(account, target_cpu=60.0, notification_topic_arn=TOPIC))
    account.client("autoscaling").suspend_processes(
        AutoScalingGroupName="web", ScalingProcesses=["AZRebalance"]
    )
    assert group.state(found(), TOPIC) == GroupState(
        launch_template_id=made["LaunchTemplate"]["LaunchTemplateId"],
        launch_template_version="1",
        launch_configuration=None,
        sizes=Sizes(0, 4, 2),
        subnet_ids=(account.subnets()[0],),
        health_check_type="ELB",
        health_check_grace_period=120,
        target_group_arns=(BLUE,),
        tags=(GroupTag("Environment", "production", propagate=True),),
        target_cpu=60.0,
        notification_types=options.NOTIFICATIONS,
        suspended_processes=("AZRebalance",),
        availability_zones=tuple(made["AvailabilityZones"]),
        scaling_policy=options.tracking(60.0),
    )


def test_a_group_that_is_not_there_is_found_as_nothing(account: Account) -> None:
    assert group.find("web") is None
    assert account.changes() == []


@pytest.mark.parametrize("rollout", ["drain", "recreate"])
def test_an_update_pins_the_version_and_leaves_the_sizes_to_the_rollout(
    account: Account, template: LaunchTemplate, rollout: str
) -> None:
    before = account.group()
    plan = same_group(account, sizes=Sizes(3, 3, 3), stated_sizes=StatedSizes(3, 3, 3))
    group_update.update(RUN, plan, template, rollout, TIMEOUTS)
    after = found()
    assert after["LaunchTemplate"]["Version"] == "2"
    assert sizes_of(after) == sizes_of(before)
    assert after["VPCZoneIdentifier"] == before["VPCZoneIdentifier"]


def suspend(account: Account, process: str) -> None:
    account.client("autoscaling").suspend_processes(AutoScalingGroupName="web", ScalingProcesses=[process])


def protect(account: Account, _: str) -> None:
    members = [one["InstanceId"] for one in account.found_group()["Instances"]]
    account.client("autoscaling").set_instance_protection(
        AutoScalingGroupName="web", InstanceIds=members, ProtectedFromScaleIn=True
    )


def begin_refresh(account: Account, _: str) -> None:
    account.freeze()
    account.client("autoscaling").start_instance_refresh(AutoScalingGroupName="web")


def hook(account: Account, transition: str) -> None:
    account.client("autoscaling").put_lifecycle_hook(
        AutoScalingGroupName="web",
        LifecycleHookName="slowly",
        LifecycleTransition=f"autoscaling:{transition}",
        HeartbeatTimeout=7200,
    )


def delete(account: Account, _: str) -> None:
    account.freeze()
    account.client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)


@pytest.mark.parametrize(
    ("happened", "rollout", "says"),
    [
        ((suspend, "Launch"), "recreate", "has suspended Launch"),
        ((suspend, "Terminate"), "drain", "has suspended Terminate"),
        ((protect, ""), "recreate", "protected from scale-in"),
        ((begin_refresh, ""), "none", "has the instance refresh"),
        ((hook, "EC2_INSTANCE_TERMINATING"), "drain", "has the lifecycle hook 'slowly'"),
        ((delete, ""), "none", "is being deleted"),
    ],
)
def test_a_group_that_cannot_be_rolled_since_the_plan_is_refused_before_it_is_changed(
    account: Account,
    template: LaunchTemplate,
    happened: tuple[Callable[[Account, str], None], str],
    rollout: str,
    says: str,
) -> None:
    account.group()
    plan = same_group(account)
    happens, what = happened
    happens(account, what)
    account.forget_calls()
    with pytest.raises(GroupNotSupported, match=says):
        group_update.update(RUN, plan, template, rollout, TIMEOUTS)
    assert account.changes() == []
    assert changes.read(RUN) is None


@pytest.mark.parametrize("rollout", ["none", "recreate"])
@pytest.mark.parametrize(
    ("stated", "now"),
    [
        (StatedSizes(desired_capacity=4), {"MaxSize": 3}),
        (StatedSizes(max_size=2), {"MinSize": 3, "DesiredCapacity": 3}),
    ],
)
def test_stated_sizes_that_no_longer_go_with_the_groups_are_refused_before_it_is_changed(
    account: Account, template: LaunchTemplate, rollout: str, stated: StatedSizes, now: dict[str, int]
) -> None:
    account.group(MaxSize=5)
    plan = same_group(account, stated_sizes=stated)
    account.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName="web", **now)
    account.forget_calls()
    with pytest.raises(GroupNotSupported, match=r"sizes of 'web' changed after the plan .* does not hold"):
        group_update.update(RUN, plan, template, rollout, TIMEOUTS)
    assert account.changes() == []


def test_an_update_without_rollout_sets_the_stated_settings_and_sizes(
    account: Account, template: LaunchTemplate
) -> None:
    account.group()
    subnets = tuple(account.subnets()[1:3])
    plan = same_group(
        account,
        stated_sizes=StatedSizes(1, 5, 3),
        subnet_ids=subnets,
        health_check_type="ELB",
        health_check_grace_period=0,
    )
    group_update.update(RUN, plan, template, "none", TIMEOUTS)
    group_update.update(RUN, plan, template, "none", TIMEOUTS)
    after = found()
    assert sizes_of(after) == (1, 5, 3)
    assert set(after["VPCZoneIdentifier"].split(",")) == set(subnets)
    assert (after["HealthCheckType"], after["HealthCheckGracePeriod"]) == ("ELB", 0)


def test_configuring_an_existing_group_makes_its_target_groups_the_stated_ones(account: Account) -> None:
    account.group(TargetGroupARNs=[BLUE])
    plan = same_group(account, target_group_arns=(GREEN,), tags={"Environment": "production"})
    group.configure(RUN, plan)
    account.forget_calls()
    group.configure(RUN, plan)
    assert found()["TargetGroupARNs"] == [GREEN]
    assert account.changes() == ["UpdateItem", "CreateOrUpdateTags"]
    tags = {tag["Key"]: tag["Value"] for tag in found()["Tags"]}
    assert tags == {"Environment": "production"}


def test_more_target_groups_than_one_call_takes_are_set(account: Account) -> None:
    old, new = ([account.targets(f"{TARGETS}/{name}/{n:016x}") for n in range(25)] for name in ("old", "new"))
    account.group()
    for attached in batched(old, 10, strict=False):
        group_arns = {"AutoScalingGroupName": "web", "TargetGroupARNs": list(attached)}
        account.client("autoscaling").attach_load_balancer_target_groups(**group_arns)
    plan = same_group(account, target_group_arns=tuple(new))
    with aws.named_errors():
        group.configure(RUN, plan)
    assert sorted(found()["TargetGroupARNs"]) == new


def test_a_resize_sets_all_three_sizes_in_one_call(account: Account) -> None:
    account.group()
    account.forget_calls()
    group.resize("web", Sizes(1, 2, 2))
    assert account.changes() == ["UpdateAutoScalingGroup"]
    assert sizes_of(found()) == (1, 2, 2)


def test_a_busy_group_is_resized_by_a_later_try(account: Account) -> None:
    account.group()
    busy = {"action": "UpdateAutoScalingGroup", "code": "ScalingActivityInProgress"}
    account.faults({"service": "autoscaling", **busy})
    with pytest.raises(ResourceBusy), aws.named_errors():
        group.resize("web", Sizes(0, 0, 0))
    group.resize("web", Sizes(0, 0, 0))
    assert sizes_of(found()) == (0, 0, 0)


# The way back


def test_a_group_that_the_run_made_is_deleted_with_its_instances(
    account: Account, template: LaunchTemplate
) -> None:
    create(new_group(account), template)
    members = [one["InstanceId"] for one in found()["Instances"]]
    assert group_removal.remove("web", noted(RUN))
    assert account.found_group() == {}
    assert not group_removal.remove("web", noted(RUN))
    assert {account.state(member) for member in members} == {"terminated"}


def test_a_group_that_is_being_deleted_is_still_there_and_left_to_it(
    account: Account, template: LaunchTemplate
) -> None:
    create(new_group(account), template)
    assert found()["Instances"]
    account.freeze()
    assert group_removal.remove("web", noted(RUN))
    assert group_removal.remove("web", noted(RUN))
    assert found()["Status"] == "Delete in progress"
    assert len(account.calls("DeleteAutoScalingGroup")) == 1


def test_a_group_that_is_gone_and_still_shown_is_looked_at_again(
    account: Account, template: LaunchTemplate
) -> None:
    create(new_group(account, sizes=Sizes(0, 1, 0)), template)
    account.faults(
        {"service": "autoscaling", "action": "DeleteAutoScalingGroup", "effect": "stale", "reads": 1}
    )
    assert group_removal.remove("web", noted(RUN))
    assert group_removal.remove("web", noted(RUN))
    assert not group_removal.remove("web", noted(RUN))
    assert len(account.calls("DeleteAutoScalingGroup")) == 2


def strip_tags(account: Account) -> None:
    tags = [
        {"ResourceId": "web", "ResourceType": "auto-scaling-group", "Key": tag["Key"]}
        for tag in found()["Tags"]
    ]
    account.client("autoscaling").delete_tags(Tags=tags)


def test_a_group_on_the_runs_version_is_deleted_though_it_lost_its_tags(
    account: Account, template: LaunchTemplate
) -> None:
    create(new_group(account), template)
    strip_tags(account)
    assert not group_removal.remove("web", Made(template_versions=frozenset({f"{template.id}/77"})))
    assert group_removal.remove("web", Made(template_versions=frozenset({f"{template.id}/2"})))
    assert account.found_group() == {}


def test_a_group_that_the_stack_may_not_delete_is_told_with_the_command(
    account: Account, template: LaunchTemplate
) -> None:
    create(new_group(account), template)
    strip_tags(account)
    denied = {"action": "DeleteAutoScalingGroup", "code": "AccessDenied"}
    account.faults({"service": "autoscaling", **denied})
    command = "aws autoscaling delete-auto-scaling-group --force-delete --auto-scaling-group-name 'web'"
    with pytest.raises(RollBackIncomplete, match=f"has lost the tag golden-image:stack=refresh.*: {command}"):
        group_removal.remove("web", noted(RUN))


@pytest.mark.parametrize("how", ["by hand", "with the run's tags", "by another run"])
def test_a_group_that_the_run_did_not_make_is_not_deleted(
    account: Account, template: LaunchTemplate, how: str
) -> None:
    if how == "by hand":
        account.group()
    elif how == "with the run's tags":
        clone(account)
    else:
        account.open_row(OTHER_RUN)
        create(new_group(account), replace(template, version=1), OTHER_RUN)
    assert not group_removal.remove("web", noted(RUN))
    assert found()
    assert "DeleteAutoScalingGroup" not in account.changes()
