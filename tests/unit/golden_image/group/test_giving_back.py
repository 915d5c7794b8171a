"""An existing group gets back what a run changed of it; what somebody else has set since stays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws
from golden_image.errors import RequestRefused, RequestThrottled, ResourceBusy, ServiceUnavailable
from golden_image.group import giving_back, group, group_update, options
from golden_image.model.group import GroupTag, Sizes
from golden_image.model.launch_template import LaunchTemplate
from golden_image.polling import SETTLED_AFTER
from golden_image.roll_out import capacity, drain
from golden_image.run import changes, ledger, table
from tests.unit.account import RUN, TIMEOUTS, UNDO

if TYPE_CHECKING:
    from collections.abc import Callable

    from golden_image.group.given_back import GivenBack
    from golden_image.model.group import GroupState
    from golden_image.model.plan import Plan
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("ledger_table")
TARGETS = "arn:aws:elasticloadbalancing:ap-northeast-2:123456789012:targetgroup"
BLUE, GREEN, RED = (f"{TARGETS}/{name}/0123456789abcdef" for name in ("blue", "green", "web"))
TOPIC = "arn:aws:sns:ap-northeast-2:123456789012:web-scaling"
NAME = {"AutoScalingGroupName": "web"}


def tag(key: str, value: str, *, propagate: bool = True) -> dict[str, Any]:
    return {
        "ResourceId": "web",
        "ResourceType": "auto-scaling-group",
        "Key": key,
        "Value": value,
        "PropagateAtLaunch": propagate,
    }


def everything(account: Account) -> dict[str, Any]:
    """An input that changes all that can be changed of the group."""
    return {
        "minSize": 1,
        "maxSize": 1,
        "desiredCapacity": 1,
        "subnetIds": account.subnets()[1:3],
        "targetGroupArns": [GREEN],
        "healthCheckType": "ELB",
        "healthCheckGracePeriod": 300,
        "targetCpuUtilization": 50,
        "notificationTopicArn": TOPIC,
        "tags": {"Environment": "test", "New": "yes"},
    }


def planned(account: Account, rollout: str = "none", **settings: Any) -> Plan:
    """The plan of a run that has its locks."""
    account.client("sns").create_topic(Name="web-scaling")
    plan = account.plan(account.seed(), rollout=rollout, group=settings)
    ledger.lock(plan, UNDO)
    return plan


def golden(account: Account) -> LaunchTemplate:
    """The version that the run has made, in a template of its own."""
    data = {"ImageId": "ami-0123456789abcdef1", "InstanceType": "t3.small"}
    made = account.client("ec2").create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
    return LaunchTemplate(made["LaunchTemplate"]["LaunchTemplateId"], "web", 1)


def change(account: Account, plan: Plan) -> None:
    """Update and configure the group, as the run does."""
    group_update.update(RUN, plan.group, golden(account), plan.rollout, plan.timeouts)
    group.configure(RUN, plan.group)


def update(account: Account, **settings: Any) -> None:
    """Somebody updates the group."""
    account.client("autoscaling").update_auto_scaling_group(**NAME, **settings)


def resize(account: Account, low: int, high: int, desired: int) -> None:
    """Somebody sets the group's sizes."""
    update(account, MinSize=low, MaxSize=high, DesiredCapacity=desired)


def state(topic: str | None = TOPIC) -> GroupState:
    found = group.find("web")
    assert found
    return group.state(found, topic)


def give_back(plan: Plan) -> GivenBack:
    """Two passes: the second one looks again."""
    with aws.named_errors():
        first = giving_back.give_back(plan)
        second = giving_back.give_back(plan)
    assert not second.left
    assert (second.stays is None) == (first.stays is None)
    return second


def test_options_that_somebody_sets_between_the_update_and_the_configuration_come_back(
    account: Account,
) -> None:
    account.group()
    plan = planned(account, tags={"Team": "web"}, targetCpuUtilization=60, notificationTopicArn=TOPIC)
    group_update.update(RUN, plan.group, golden(account), plan.rollout, plan.timeouts)
    own = options.tag_list("web", [GroupTag("Team", "somebody", propagate=True)])
    account.client("autoscaling").create_or_update_tags(Tags=own)
    options.put_policy("web", options.tracking(30))
    launches = [options.NOTIFICATIONS[0]]
    account.client("autoscaling").put_notification_configuration(
        **NAME, TopicARN=TOPIC, NotificationTypes=launches
    )
    theirs = state()

    for _ in ("first", "second try"):
        group.configure(RUN, plan.group)
    assert state().target_cpu == 60
    assert give_back(plan).notes == []

    now = state()
    assert (now.tags, now.target_cpu, now.notification_types) == (theirs.tags, 30, tuple(launches))


def test_a_group_gets_back_everything_that_a_run_changed(account: Account) -> None:
    account.group(
        TargetGroupARNs=[BLUE],
        Tags=[{"Key": "Environment", "Value": "production", "PropagateAtLaunch": False}],
    )
    before, plan = state(), planned(account, **everything(account))
    change(account, plan)
    assert state() != before
    assert give_back(plan).notes == []
    assert state() == before


def test_giving_back_that_broke_off_is_finished_by_the_next(account: Account) -> None:
    account.group(TargetGroupARNs=[BLUE])
    before, plan = state(), planned(account, **everything(account))
    change(account, plan)
    account.faults({"service": "autoscaling", "action": "UpdateAutoScalingGroup", "code": "InternalFailure"})
    with pytest.raises(ServiceUnavailable):
        give_back(plan)
    assert state() != before
    assert give_back(plan).notes == []
    assert state() == before


def test_what_is_given_back_is_what_was_there_just_before_the_update(account: Account) -> None:
    account.group(TargetGroupARNs=[BLUE])
    plan = planned(account, **everything(account))
    update(account, HealthCheckGracePeriod=77, VPCZoneIdentifier=account.subnets()[3])
    account.client("autoscaling").attach_load_balancer_target_groups(**NAME, TargetGroupARNs=[RED])
    account.client("autoscaling").create_or_update_tags(Tags=[tag("New", "theirs")])
    resize(account, 1, 3, 3)
    before = state()
    change(account, plan)
    assert give_back(plan).notes == []
    assert state() == before


def test_a_later_try_of_the_update_does_not_take_the_runs_values_for_those_of_before(
    account: Account,
) -> None:
    account.group()
    before, plan = state(), planned(account, **everything(account))
    template = golden(account)
    account.lose_answer("autoscaling", "UpdateAutoScalingGroup")
    with pytest.raises(ServiceUnavailable), aws.named_errors():
        group_update.update(RUN, plan.group, template, "none", TIMEOUTS)
    assert group_update.update(RUN, plan.group, template, "none", TIMEOUTS) == before.sizes
    give_back(plan)
    assert state() == before


def test_a_group_that_the_run_has_not_updated_stays_as_others_have_set_it(account: Account) -> None:
    account.group()
    plan = planned(account, rollout="recreate")
    resize(account, 1, 4, 3)
    account.forget_calls()
    assert give_back(plan).notes == []
    assert account.changes() == []


def test_a_group_that_is_gone_has_nothing_to_get_back(account: Account) -> None:
    account.group()
    plan = planned(account)
    change(account, plan)
    account.client("autoscaling").delete_auto_scaling_group(**NAME, ForceDelete=True)
    assert account.found_group() == {}
    assert not give_back(plan).left


def test_a_group_gets_back_the_policy_and_the_notifications_that_it_had(account: Account) -> None:
    account.group()
    options.put_policy("web", options.tracking(70.0))
    types = ("autoscaling:EC2_INSTANCE_LAUNCH_ERROR",)
    options.put_notifications("web", TOPIC, types)
    plan = planned(account, **everything(account))
    change(account, plan)
    give_back(plan)
    assert (state().target_cpu, state().notification_types) == (70.0, types)


def test_a_policy_that_somebody_sets_before_null_takes_it_away_comes_back_as_they_set_it(
    account: Account,
) -> None:
    account.group()
    options.put_policy("web", options.tracking(40))
    plan = planned(account, targetCpuUtilization=None)
    group_update.update(RUN, plan.group, golden(account), plan.rollout, plan.timeouts)
    options.put_policy("web", options.tracking(55))
    group.configure(RUN, plan.group)
    assert state().target_cpu is None
    give_back(plan)
    assert state().target_cpu == 55


CPU = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}}
STEP = {"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}


@pytest.mark.parametrize("wanted", [60, 40, None])
@pytest.mark.parametrize(
    "policy",
    [
        {
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingConfiguration": {**CPU, "TargetValue": 40.0, "DisableScaleIn": True},
            "EstimatedInstanceWarmup": 90,
        },
        {"PolicyType": "StepScaling", "AdjustmentType": "ChangeInCapacity", "StepAdjustments": [STEP]},
    ],
    ids=["target tracking", "step"],
)
def test_a_policy_comes_back_with_all_that_people_chose(
    account: Account, policy: dict[str, Any], wanted: int | None
) -> None:
    account.group()
    autoscaling = account.client("autoscaling")
    autoscaling.put_scaling_policy(**NAME, PolicyName=options.SCALING_POLICY, **policy)
    plan = planned(account, targetCpuUtilization=wanted)
    change(account, plan)
    assert state().target_cpu == wanted
    assert give_back(plan).notes == []
    (now,) = autoscaling.describe_policies(**NAME)["ScalingPolicies"]
    assert {name: now[name] for name in policy} == policy


def test_a_policy_that_null_took_away_comes_back(account: Account) -> None:
    account.group()
    options.put_policy("web", options.tracking(60))
    before, plan = state(), planned(account, targetCpuUtilization=None)
    change(account, plan)
    assert options.scaling_policy("web") is None
    give_back(plan)
    assert state() == before


@pytest.mark.parametrize("version", ["$Latest", "$Default"])
def test_a_group_that_follows_a_version_follows_it_again(account: Account, version: str) -> None:
    account.group()
    update(account, LaunchTemplate={"LaunchTemplateName": "web-by-hand", "Version": version})
    plan = planned(account)
    change(account, plan)
    give_back(plan)
    assert state().launch_template_version == version


def test_a_group_that_states_no_version_gets_its_template_back(account: Account) -> None:
    account.group()
    update(account, LaunchTemplate={"LaunchTemplateName": "web-by-hand"})
    before, plan = state(), planned(account)
    change(account, plan)
    give_back(plan)
    assert state() == before


def test_a_group_gets_its_launch_configuration_back(account: Account) -> None:
    of_configuration(account)
    before, plan = state(), planned(account)
    change(account, plan)
    assert state().launch_configuration is None
    give_back(plan)
    assert state() == before


def of_configuration(account: Account, image: str = "ami-0123456789abcdef0") -> None:
    """A group with a launch configuration."""
    autoscaling = account.client("autoscaling")
    autoscaling.create_launch_configuration(
        LaunchConfigurationName="old", ImageId=image, InstanceType="t3.small"
    )
    subnet = account.subnets()[0]
    autoscaling.create_auto_scaling_group(
        **NAME, LaunchConfigurationName="old", MinSize=0, MaxSize=1, VPCZoneIdentifier=subnet
    )


def test_a_group_with_zones_and_no_subnets_launches_into_the_same_subnets_again(account: Account) -> None:
    subnets = account.client("ec2").describe_subnets()["Subnets"]
    zone = {one["SubnetId"]: one["AvailabilityZone"] for one in subnets}
    first, second = account.subnets()[:2]
    account.group("other")
    account.client("autoscaling").create_auto_scaling_group(
        **NAME,
        AvailabilityZones=[zone[first]],
        LaunchTemplate={"LaunchTemplateName": "other-by-hand", "Version": "1"},
        MinSize=0,
        MaxSize=0,
    )
    assert state().subnet_ids == ()
    plan = planned(account, subnetIds=[second])
    change(account, plan)
    assert state().availability_zones == (zone[second],)
    assert give_back(plan).notes == []
    assert (state().availability_zones, state().subnet_ids) == ((zone[first],), (first,))


def test_what_the_input_leaves_alone_is_not_touched_on_the_way_back(account: Account) -> None:
    account.group(TargetGroupARNs=[BLUE])
    plan = planned(account)
    change(account, plan)
    account.forget_calls()
    assert giving_back.give_back(plan).left
    assert [name for name in account.changes() if name != "RunInstances"] == ["UpdateAutoScalingGroup"]
    (asked,) = account.calls("UpdateAutoScalingGroup")
    assert asked.keys() == {"AutoScalingGroupName", "LaunchTemplate"}


# What somebody else has set since the run did


def test_each_setting_that_somebody_else_has_set_since_stays_and_is_told(account: Account) -> None:
    account.group(TargetGroupARNs=[BLUE])
    plan = planned(account, **everything(account))
    change(account, plan)
    autoscaling = account.client("autoscaling")
    update(
        account,
        HealthCheckType="EC2",
        HealthCheckGracePeriod=99,
        VPCZoneIdentifier=account.subnets()[3],
        LaunchTemplate={"LaunchTemplateName": "web-by-hand", "Version": "$Latest"},
    )
    autoscaling.attach_load_balancer_target_groups(**NAME, TargetGroupARNs=[RED])
    autoscaling.create_or_update_tags(Tags=[tag("Environment", "theirs")])
    options.put_policy("web", options.tracking(33.0))
    options.put_notifications("web", TOPIC, options.NOTIFICATIONS[:1])
    resize(account, 1, 5, 4)
    notes = give_back(plan).notes
    after = state()
    assert (after.health_check_grace_period, after.subnet_ids) == (99, (account.subnets()[3],))
    assert after.launch_template_version == "$Latest"
    assert set(after.target_group_arns) == {BLUE, RED}
    assert {one.key: one.value for one in after.tags} == {"Environment": "theirs"}
    assert (after.target_cpu, after.notification_types) == (33.0, options.NOTIFICATIONS[:1])
    # The minimum is still the run's.
    assert after.sizes == Sizes(0, 5, 4)
    told = "\n".join(notes)
    for one in ("launch template: ", "grace period: 99 (set by the run: 300; before: 0)", "subnets: ", RED):
        assert one in told
    for one in ("tag Environment: another value", "scaling policy", "notifications to", "sizes: minimum 0"):
        assert one in told


def test_what_somebody_has_deleted_since_is_not_made_again(account: Account) -> None:
    account.group(TargetGroupARNs=[BLUE, RED])
    options.put_policy("web", options.tracking(70.0))
    options.put_notifications("web", TOPIC, options.NOTIFICATIONS[:1])
    autoscaling = account.client("autoscaling")
    autoscaling.create_or_update_tags(Tags=[tag("Environment", "production")])
    plan = planned(account, **{**everything(account), "targetGroupArns": [GREEN, RED]})
    change(account, plan)
    autoscaling.delete_tags(Tags=[tag("Environment", "test")])
    autoscaling.delete_policy(**NAME, PolicyName=options.SCALING_POLICY)
    autoscaling.delete_notification_configuration(**NAME, TopicARN=TOPIC)
    autoscaling.detach_load_balancer_target_groups(**NAME, TargetGroupARNs=[RED])
    notes = give_back(plan).notes
    assert state().tags == state().notification_types == ()
    assert state().target_cpu is None
    # The run has detached this one itself.
    assert state().target_group_arns == (BLUE,)
    assert len(notes) == 4


@pytest.mark.parametrize(
    "action",
    [
        "AttachLoadBalancerTargetGroups",
        "CreateOrUpdateTags",
        "DeleteNotificationConfiguration",
        "DeletePolicy",
        "DeleteTags",
        "DetachLoadBalancerTargetGroups",
    ],
)
def test_an_option_that_cannot_be_given_back_keeps_neither_the_others_nor_the_sizes(
    account: Account, action: str
) -> None:
    account.group(
        MinSize=1,
        TargetGroupARNs=[BLUE],
        Tags=[{"Key": "Environment", "Value": "production", "PropagateAtLaunch": False}],
    )
    before, plan = state(), planned(account, "recreate", **everything(account))
    change(account, plan)
    drain.drain(RUN, "web")
    account.faults({"service": "autoscaling", "action": action, "code": "AccessDenied", "times": None})
    account.forget_calls()
    with pytest.raises(RequestRefused, match=action), aws.named_errors():
        giving_back.give_back(plan)
    assert (state().sizes, state().launches_from) == (before.sizes, before.launches_from)
    assert len(account.calls("CreateOrUpdateTags", "DeletePolicy", "DetachLoadBalancerTargetGroups")) == 3
    account.faults()
    give_back(plan)
    assert state() == before


def test_a_target_group_that_was_deleted_does_not_keep_the_rest(account: Account) -> None:
    account.group(TargetGroupARNs=[BLUE])
    before, plan = state(), planned(account, **everything(account))
    change(account, plan)
    gone = {"action": "AttachLoadBalancerTargetGroups", "code": "ValidationError", "times": None}
    account.faults({"service": "autoscaling", "message": "Target group not found", "status": 400, **gone})
    (note,) = give_back(plan).notes
    assert (BLUE in note, "not found" in note) == (True, True)
    assert state() == replace(before, target_group_arns=())


# Sizes: minimum, maximum, desired


LARGER = {"maxSize": 6, "desiredCapacity": 5}


@pytest.mark.parametrize(
    ("run", "theirs", "after", "told"),
    [
        # Nothing of the sizes was the run's.
        (("none", {}, []), None, (1, 4, 2), False),
        (("none", {}, []), (2, 6, 5), (2, 6, 5), False),
        (("recreate", {}, []), (2, 6, 5), (2, 6, 5), False),
        # Those that were stated are.
        (("none", LARGER, []), None, (1, 4, 2), False),
        # The limits make room for a desired capacity of somebody's.
        (("none", {"maxSize": 6}, []), (1, 6, 6), (1, 6, 6), True),
        (("none", {"minSize": 0}, []), (0, 4, 0), (0, 4, 0), True),
        # A smaller maximum has moved the desired capacity.
        (("none", {"maxSize": 1}, []), None, (1, 4, 2), False),
        (("none", {"maxSize": 6}, []), (2, 7, 3), (2, 7, 3), True),
        # A drain's zeros are.
        (("drain", {}, ["drain"]), None, (1, 4, 2), False),
        (("drain", {}, ["drain"]), (0, 4, 1), (0, 4, 1), True),
        (("recreate", LARGER, ["drain"]), None, (1, 4, 2), False),
        (("recreate", LARGER, ["drain"]), (0, 3, 1), (0, 3, 1), True),
        # A maximum alone is somebody's, and the zeros beside it are the drain's.
        (("drain", {}, ["drain"]), (0, 8, 0), (1, 8, 2), True),
        (("recreate", LARGER, ["drain"]), (0, 3, 0), (1, 3, 2), True),
        (("recreate", {}, ["drain"]), (0, 1, 0), (1, 1, 1), True),
        (("recreate", LARGER, ["drain", "their sizes", "check"]), (0, 8, 0), (0, 8, 0), True),
        (("recreate", LARGER, ["drain", "their sizes", "check"]), (0, 0, 0), (0, 0, 0), True),
        (("recreate", LARGER, ["drain", "their sizes", "restore"]), (0, 0, 0), (0, 0, 0), True),
        # Those that came back are.
        (("recreate", LARGER, ["drain", "restore"]), None, (1, 4, 2), False),
        (("recreate", LARGER, ["drain", "restore"]), (1, 6, 6), (1, 6, 6), True),
        (("recreate", {}, ["drain", "restore"]), (0, 0, 0), (0, 0, 0), True),
    ],
)
def test_sizes_are_given_back_where_they_are_still_the_runs(
    account: Account,
    run: tuple[str, dict[str, int], list[str]],
    theirs: tuple[int, int, int] | None,
    after: tuple[int, int, int],
    told: bool,
) -> None:
    rollout, stated, steps = run
    account.group(MinSize=1)
    plan = planned(account, rollout, **stated)
    change(account, plan)
    if "drain" in steps:
        drain.drain(RUN, "web")
    if "their sizes" in steps:
        resize(account, 2, 4, 3)
    if "check" in steps:
        drain.check_drained(RUN, "web", SETTLED_AFTER, 3600)
    if "restore" in steps:
        capacity.restore(RUN, "web", plan.group.stated_sizes)
    if theirs:
        resize(account, *theirs)
    assert bool(give_back(plan).notes) == told
    assert state().sizes == Sizes(*after)


def test_sizes_from_just_before_the_drain_are_given_back(account: Account) -> None:
    account.group(MinSize=1)
    plan = planned(account, "recreate")
    change(account, plan)
    resize(account, 2, 5, 3)
    drain.drain(RUN, "web")
    give_back(plan)
    assert state().sizes == Sizes(2, 5, 3)


def test_zeros_that_somebody_sets_after_the_sizes_were_given_back_stay(account: Account) -> None:
    account.group(MinSize=1)
    plan = planned(account, "recreate")
    change(account, plan)
    drain.drain(RUN, "web")
    give_back(plan)
    resize(account, 0, 0, 0)
    give_back(plan)
    assert state().sizes.is_empty


def test_a_drained_group_launches_from_its_old_version_again(account: Account) -> None:
    account.group(MinSize=1)
    plan = planned(account, "drain")
    change(account, plan)
    drain.drain(RUN, "web")
    assert not account.found_group()["Instances"]
    give_back(plan)
    members = account.found_group()["Instances"]
    assert [one["LaunchTemplate"]["LaunchTemplateName"] for one in members] == ["web-by-hand"] * 2


def test_the_row_of_a_run_that_noted_nothing_gives_back_what_its_plan_has_read(account: Account) -> None:
    account.group(MinSize=1)
    before, plan = state(), planned(account, "drain", healthCheckGracePeriod=300)
    change(account, plan)
    drain.drain(RUN, "web")
    of_before = {"group": {"before": plan.group.before}, "rollout": "drain"}
    account.client("dynamodb").update_item(
        **table.at(table.RUN + RUN),
        UpdateExpression="SET #plan = :plan REMOVE groupBefore, groupVersion, sizesBefore",
        ExpressionAttributeNames={"#plan": "plan"},
        ExpressionAttributeValues={":plan": changes.as_text(of_before)},
    )
    give_back(plan)
    assert state() == before


# A version from before that cannot launch any more


def of_own_image(account: Account, version: str = "1") -> str:
    """A group that launches from an image of the account."""
    source = account.seed()
    image = account.client("ec2").create_image(InstanceId=source, Name="by hand", NoReboot=True)["ImageId"]
    account.client("ec2").describe_images(ImageIds=[image])
    data = {"ImageId": image, "InstanceType": "t3.small"}
    account.client("ec2").create_launch_template(LaunchTemplateName="old", LaunchTemplateData=data)
    template = {"LaunchTemplateName": "old", "Version": version}
    account.group(MinSize=1, LaunchTemplate=template)
    return str(image)


def deregister(account: Account, image: str) -> str:
    account.client("ec2").deregister_image(ImageId=image)
    return "InvalidAMIID"


def disable(account: Account, image: str) -> str:
    account.world.ec2.amis[image].state = "disabled"
    return "InvalidAMIID.Unavailable"


def delete_version(account: Account, image: str) -> str:
    ec2 = account.client("ec2")
    data = {"ImageId": image}
    ec2.create_launch_template_version(LaunchTemplateName="old", LaunchTemplateData=data)
    ec2.modify_launch_template(LaunchTemplateName="old", DefaultVersion="2")
    ec2.delete_launch_template_versions(LaunchTemplateName="old", Versions=["1"])
    return "InvalidLaunchTemplateId.VersionNotFound"


def delete_template(account: Account, _: str) -> str:
    account.client("ec2").delete_launch_template(LaunchTemplateName="old")
    return "InvalidLaunchTemplateId.NotFound"


@pytest.mark.parametrize("happens", [deregister, disable, delete_version, delete_template])
@pytest.mark.parametrize("rollout", ["none", "recreate"])
def test_a_group_whose_version_from_before_cannot_launch_stays_on_the_runs_with_its_sizes(
    account: Account, happens: Callable[[Account, str], str], rollout: str
) -> None:
    image = of_own_image(account)
    before, plan = state(), planned(account, rollout, healthCheckGracePeriod=300)
    change(account, plan)
    if rollout == "recreate":
        drain.drain(RUN, "web")
    why = happens(account, image)
    given = give_back(plan)
    assert why in str(given.stays)
    after = state()
    assert after.launch_template_id != before.launch_template_id
    assert (after.sizes, after.health_check_grace_period) == (before.sizes, 0)
    assert given.notes == []


def test_a_version_that_only_auto_scaling_refuses_is_not_given_back_either(account: Account) -> None:
    account.group()
    before, plan = state(), planned(account, healthCheckGracePeriod=300)
    change(account, plan)
    message = "You must use a valid fully-formed launch template. The key pair 'ops' does not exist"
    template = str(before.launch_template_id)
    refused = {"action": "UpdateAutoScalingGroup", "contains": template, "code": "ValidationError"}
    account.faults({"service": "autoscaling", "message": message, "times": None, **refused})
    assert message in str(give_back(plan).stays)
    assert state().health_check_grace_period == 0


def test_subnets_that_were_deleted_keep_neither_the_version_nor_the_sizes(account: Account) -> None:
    account.group(MinSize=1)
    before, plan = state(), planned(account, "recreate", subnetIds=account.subnets()[1:3])
    change(account, plan)
    drain.drain(RUN, "web")
    message = f"The subnet ID '{before.subnet_ids[0]}' does not exist"
    refused = {"action": "UpdateAutoScalingGroup", "contains": before.subnet_ids[0]}
    account.faults(
        {"service": "autoscaling", "code": "ValidationError", "message": message, "times": None, **refused}
    )
    given = give_back(plan)
    after = state()
    assert (after.launches_from, after.sizes) == (before.launches_from, before.sizes)
    assert given.notes == [f"subnets: those of before were refused ({message})"]


def test_a_part_of_the_update_that_is_denied_does_not_keep_the_sizes(account: Account) -> None:
    account.group(MinSize=1)
    before, plan = state(), planned(account, "recreate", healthCheckGracePeriod=300)
    change(account, plan)
    drain.drain(RUN, "web")
    refused = {"action": "UpdateAutoScalingGroup", "contains": str(before.launch_template_id)}
    account.faults({"service": "autoscaling", "code": "ValidationError", "times": None, **refused})
    with pytest.raises(RequestRefused):
        give_back(plan)
    assert (state().sizes, state().health_check_grace_period) == (before.sizes, 0)
    account.faults()
    give_back(plan)
    assert state().launches_from == before.launches_from


def test_a_group_that_somebody_deletes_gets_nothing_back_and_is_waited_for(account: Account) -> None:
    account.group()
    plan = planned(account)
    change(account, plan)
    account.freeze()
    account.client("autoscaling").delete_auto_scaling_group(**NAME, ForceDelete=True)
    account.forget_calls()
    assert giving_back.give_back(plan).left
    assert account.changes() == []


@pytest.mark.parametrize("version", ["1", "$Latest"])
def test_a_mixed_instances_policy_of_somebody_that_needs_the_runs_template_keeps_it(
    account: Account, version: str
) -> None:
    account.group()
    plan = planned(account)
    change(account, plan)
    template = {"LaunchTemplateName": "web", "Version": version}
    policy = {"LaunchTemplate": {"LaunchTemplateSpecification": template}}
    update(account, MixedInstancesPolicy=policy)
    given = give_back(plan)
    assert "needs the run's version" in str(given.stays)
    assert "in a mixed instances policy" in given.notes[0]


def test_a_throttled_question_about_the_version_from_before_is_asked_again(account: Account) -> None:
    account.group()
    plan = planned(account)
    change(account, plan)
    account.faults({"service": "ec2", "action": "RunInstances", "code": "RequestLimitExceeded"})
    with pytest.raises(RequestThrottled):
        give_back(plan)
    assert give_back(plan).stays is None


def test_the_latest_version_is_the_one_that_is_the_latest_without_the_runs(account: Account) -> None:
    image = of_own_image(account, "$Latest")
    plan = planned(account)
    template = state().launch_template_id
    made = account.client("ec2").create_launch_template_version(
        LaunchTemplateId=template,
        LaunchTemplateData={"ImageId": "ami-0123456789abcdef1", "InstanceType": "t3.small"},
    )["LaunchTemplateVersion"]
    version = LaunchTemplate(str(template), "old", made["VersionNumber"])
    group_update.update(RUN, plan.group, version, "none", TIMEOUTS)
    deregister(account, image)
    assert "InvalidAMIID" in str(give_back(plan).stays)


@pytest.mark.parametrize("what", ["image", "disabled image", "configuration"])
def test_a_launch_configuration_that_cannot_launch_is_not_given_back(account: Account, what: str) -> None:
    source = account.seed()
    image = account.client("ec2").create_image(InstanceId=source, Name="by hand", NoReboot=True)["ImageId"]
    account.client("ec2").describe_images(ImageIds=[image])
    of_configuration(account, image)
    plan = planned(account)
    change(account, plan)
    if what == "image":
        deregister(account, image)
    elif what == "disabled image":
        disable(account, image)
    else:
        account.client("autoscaling").delete_launch_configuration(LaunchConfigurationName="old")
    assert "launch configuration 'old'" in str(give_back(plan).stays)
    assert state().launch_configuration is None


def test_a_launch_that_ec2_refuses_for_another_reason_does_not_keep_the_version(account: Account) -> None:
    account.group()
    before, plan = state(), planned(account)
    change(account, plan)
    full = {"action": "RunInstances", "code": "InsufficientInstanceCapacity", "times": None}
    account.faults({"service": "ec2", **full})
    assert give_back(plan).stays is None
    assert state() == before


def roll_by_hand(account: Account) -> str:
    """Somebody starts a refresh that is to give the group its own version again; its id."""
    used = {"LaunchTemplateName": "web-by-hand", "Version": "1"}
    started = account.client("autoscaling").start_instance_refresh(
        **NAME, DesiredConfiguration={"LaunchTemplate": used}
    )
    theirs: str = started["InstanceRefreshId"]
    return theirs


def test_a_version_waits_for_somebodys_refresh_and_the_sizes_do_not(account: Account) -> None:
    account.group()
    plan = planned(account, maxSize=6)
    change(account, plan)
    account.freeze()
    theirs = roll_by_hand(account)
    given = giving_back.give_back(plan)
    assert given.waits_for == f"the instance refresh {theirs} is Pending"
    found = account.found_group()
    assert (found["MaxSize"], found["LaunchTemplate"]["LaunchTemplateName"]) == (4, "web")
    account.client("autoscaling").cancel_instance_refresh(**NAME)
    account.flow()
    assert (giving_back.give_back(plan).waits_for, account.found_group()["LaunchTemplate"]["Version"]) == (
        None,
        "1",
    )
    assert account.found_group()["LaunchTemplate"]["LaunchTemplateName"] == "web-by-hand"


def test_an_update_that_meets_somebodys_refresh_is_tried_again(account: Account) -> None:
    """It may begin after the look at the group, and before the update."""
    account.group()
    plan = planned(account)
    change(account, plan)
    account.freeze()
    update = {"LaunchTemplate": {"LaunchTemplateName": "web-by-hand", "Version": "1"}}
    roll_by_hand(account)
    with pytest.raises(ResourceBusy, match="active instance refresh"), aws.named_errors():
        aws.client("autoscaling").update_auto_scaling_group(**NAME, **update)  # type: ignore[arg-type]
