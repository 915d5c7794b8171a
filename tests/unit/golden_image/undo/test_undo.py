from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws, tags
from golden_image.errors import RequestThrottled, ResourceBusy, RollBackIncomplete, ServiceUnavailable
from golden_image.group import group, group_update, launch_template
from golden_image.image import checks, owned, registration, snapshots
from golden_image.model.group import Sizes
from golden_image.model.image import Image
from golden_image.roll_out import capacity, drain
from golden_image.run import ledger, owed
from golden_image.run.owed import OwedSource
from golden_image.source import facts, power
from golden_image.undo import undo as undoing
from tests.unit.account import OTHER_RUN, RUN, UNDO, kept_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_ec2.type_defs import SnapshotTypeDef

    from golden_image.model.plan import Plan
    from golden_image.model.source import Source
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("ledger_table")
LIMIT, SETTLED = 3600, 60
NOTHING_LEFT = "nothing of the run is left"
DENIED = {"code": "UnauthorizedOperation", "message": "denied by the account", "times": None}


def carry_out(plan: Plan) -> None:
    """Do the work of a run up to its rollout, by the functions that its steps call."""
    ledger.lock(plan, UNDO)
    facts, run = plan.source, plan.run
    power.stop(facts.instance_id)
    power.check_stopped(facts.instance_id, 0, 900)
    if plan.image_method == "CreateImage":
        image_id = registration.create(run, plan.image, facts)
    else:
        made = snapshots.create(run, facts.instance_id, [v.volume_id for v in facts.volumes], {})
        image_id = registration.register(run, plan.image, facts, made)
    checks.check(image_id, 0, 900)
    template = launch_template.create(run, facts.instance_id, plan.launch_template, image_id, None)
    if plan.group.before is None:
        group.create(run, facts.instance_id, plan.group, template)
    else:
        group_update.update(run, plan.group, template, plan.rollout, plan.timeouts)
    group.configure(run, plan.group)
    drain.drain(RUN, plan.group.name)


def one_pass(waited: int = 0) -> undoing.UndoCheck:
    """One pass of undoing RUN, so many seconds after its last change."""
    return undoing.undo(RUN, waited, LIMIT)


def undo(run: str = RUN) -> str:
    """All passes, as the workflow makes them; what they have come to."""
    waited = 0
    while not (check := undoing.undo(run, waited, LIMIT)).done:
        assert check.wait_seconds > 0
        waited += check.wait_seconds
    return check.roll_back


def of_run(run: str, source: Source) -> list[SnapshotTypeDef]:
    return owned.snapshots(run, source.instance_id, [volume.volume_id for volume in source.volumes])


def left_of(account: Account, run: str) -> list[str]:
    """The ids of everything that carries the run's tag, but what is terminated or on its way to be."""
    ec2 = account.client("ec2")
    marked = [{"Name": "tag:golden-image:run", "Values": [run]}]
    ids = [one["ImageId"] for one in ec2.describe_images(Owners=["self"], Filters=marked)["Images"]]
    ids += [one["SnapshotId"] for one in ec2.describe_snapshots(Filters=marked)["Snapshots"]]
    ids += [
        one["LaunchTemplateId"] for one in ec2.describe_launch_templates(Filters=marked)["LaunchTemplates"]
    ]
    groups = account.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return ids + [
        one["AutoScalingGroupName"]
        for one in groups
        if any(tag["Value"] == run for tag in one["Tags"]) and "Status" not in one
    ]


@pytest.fixture
def created(account: Account) -> Plan:
    """A run that has made a group, up to the end of its drain."""
    plan = account.plan(account.seed())
    carry_out(plan)
    assert left_of(account, RUN)
    return plan


@pytest.fixture
def updated(account: Account) -> Plan:
    """A run that has changed all of an existing group, up to the end of its drain."""
    blue, green = (
        f"arn:aws:elasticloadbalancing:ap-northeast-2:123456789012:targetgroup/{name}/0123456789abcdef"
        for name in ("blue", "green")
    )
    account.group(MinSize=1, TargetGroupARNs=[blue])
    account.make_named()
    wanted = {
        "minSize": 2,
        "desiredCapacity": 3,
        "subnetIds": account.subnets()[1:3],
        "targetGroupArns": [green],
        "healthCheckType": "ELB",
        "healthCheckGracePeriod": 300,
        "targetCpuUtilization": 50,
        "notificationTopicArn": "arn:aws:sns:ap-northeast-2:123456789012:web-scaling",
        "tags": {"Environment": "test"},
    }
    plan = account.plan(account.seed(), rollout="recreate", group=wanted)
    carry_out(plan)
    return plan


def test_nothing_is_left_of_a_run_that_made_a_group_and_the_source_runs_again(
    account: Account, created: Plan
) -> None:
    undo()
    assert left_of(account, RUN) == []
    assert account.state(created.source.instance_id) == "running"


def test_an_existing_group_gets_everything_back(account: Account, updated: Plan) -> None:
    topic = updated.group.notification_topic_arn
    found = group.find("web")
    assert found
    assert group.state(found, topic) != updated.group.before
    undo()
    found = group.find("web")
    assert found
    assert group.state(found, topic) == updated.group.before
    assert len(found["Instances"]) == 2
    assert left_of(account, RUN) == []
    assert account.state(updated.source.instance_id) == "running"


def test_a_template_of_before_loses_only_the_runs_version(account: Account) -> None:
    plan = account.plan(account.seed())
    account.client("ec2").create_launch_template(
        LaunchTemplateName="web",
        LaunchTemplateData={"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.small"},
        TagSpecifications=[
            {"ResourceType": "launch-template", "Tags": [{"Key": "golden-image:stack", "Value": "refresh"}]}
        ],
    )
    plan = account.plan(plan.source.instance_id)
    carry_out(plan)
    undo()
    described = account.client("ec2").describe_launch_template_versions(LaunchTemplateName="web")
    assert [one["VersionNumber"] for one in described["LaunchTemplateVersions"]] == [1]


@pytest.mark.parametrize("case", ["created", "updated"])
def test_undoing_twice_is_like_undoing_once(
    account: Account, case: str, request: pytest.FixtureRequest
) -> None:
    plan = request.getfixturevalue(case)
    undo()
    before = account.found_group()
    undo()
    after = account.found_group()
    assert left_of(account, RUN) == []
    assert {**after, "Instances": len(after.get("Instances", []))} == {
        **before,
        "Instances": len(before.get("Instances", [])),
    }
    assert account.state(plan.source.instance_id) == "running"


def test_a_run_that_changed_nothing_is_undone_without_a_change(account: Account) -> None:
    account.plan(account.seed())
    account.forget_calls()
    undo()
    assert account.changes() == []


def test_a_run_that_was_refused_its_lock_does_not_undo_the_other(account: Account, created: Plan) -> None:
    account.forget_calls()
    undo(OTHER_RUN)
    assert account.changes() == []
    assert kept_plan(RUN) == created


@pytest.mark.parametrize("done", range(6))
def test_a_run_is_undone_from_wherever_it_got_to(account: Account, done: int) -> None:
    plan = account.plan(account.seed())
    made: dict[str, Any] = {}
    run, facts = plan.run, plan.source
    volume_ids = [volume.volume_id for volume in facts.volumes]
    steps: list[tuple[str, Callable[[], object]]] = [
        ("lock", lambda: ledger.lock(plan, UNDO)),
        ("stop", lambda: power.stop(facts.instance_id)),
        ("snapshots", lambda: snapshots.create(run, facts.instance_id, volume_ids, {})),
        ("image", lambda: registration.register(run, plan.image, facts, made["snapshots"])),
        (
            "template",
            lambda: launch_template.create(run, facts.instance_id, plan.launch_template, made["image"], None),
        ),
        ("group", lambda: group.create(run, facts.instance_id, plan.group, made["template"])),
    ]
    for name, step in steps[: done + 1]:
        made[name] = step()
    undo()
    assert left_of(account, RUN) == []
    assert account.state(facts.instance_id) == "running"


def test_a_source_that_was_stopped_before_stays_stopped(account: Account) -> None:
    plan = account.plan(account.seed(state="stopped"))
    carry_out(plan)
    undo()
    assert account.state(plan.source.instance_id) == "stopped"


@pytest.mark.parametrize(
    "how",
    [
        {"effect": "error", "code": "InsufficientInstanceCapacity", "message": "none in the zone"},
        {"effect": "fail", "message": "none in the zone"},
    ],
    ids=["refused", "falls back"],
)
def test_a_source_without_capacity_is_owed_and_does_not_keep_the_locks(
    account: Account, created: Plan, how: dict[str, Any]
) -> None:
    source_id = created.source.instance_id
    account.faults({"service": "ec2", "action": "StartInstances", "times": None, **how})
    waited = 0
    while not (check := one_pass(waited)).done:
        waited += check.wait_seconds
    assert waited <= 2 * SETTLED
    found = owed.find(source_id)
    assert found
    assert (found.run, found.group) == (RUN, "web")
    assert check.roll_back.startswith("nothing of the run is left; the source ")
    assert f"{source_id} is still stopped: EC2 had no capacity for it (" in check.roll_back
    assert "none in the zone" in check.roll_back


def test_a_source_that_an_undo_starts_after_all_is_told_by_nobody(account: Account, created: Plan) -> None:
    no_capacity = {"service": "ec2", "action": "StartInstances", "code": "VcpuLimitExceeded", "times": 1}
    account.faults(no_capacity)
    one_pass()
    assert owed.find(created.source.instance_id)
    one_pass(20)
    account.state(created.source.instance_id)
    assert one_pass(LIMIT).roll_back == "nothing of the run is left"


@pytest.mark.parametrize("shown", [True, False])
def test_an_owed_source_that_somebody_has_terminated_is_nothing_to_tell(
    account: Account, created: Plan, shown: bool
) -> None:
    source_id = created.source.instance_id
    undo()
    ledger.lock(created, UNDO)
    owed.owe(OwedSource(source_id, RUN, "web", "VcpuLimitExceeded"))
    account.client("ec2").terminate_instances(InstanceIds=[source_id])
    if not shown:
        account.faults({"action": "DescribeInstances", "code": "InvalidInstanceID.NotFound", "times": None})
    assert undo() == NOTHING_LEFT


def test_a_start_that_is_refused_for_another_reason_is_no_lack_of_capacity(
    account: Account, created: Plan
) -> None:
    account.faults({"service": "ec2", "action": "StartInstances", **DENIED})
    with pytest.raises(
        RollBackIncomplete, match=f"source {created.source.instance_id} .*UnauthorizedOperation"
    ):
        one_pass(LIMIT)
    assert owed.every() == []


def test_a_source_that_was_to_stay_stopped_runs_again_after_a_failure(account: Account) -> None:
    plan = account.plan(account.seed(), restartSource=False)
    carry_out(plan)
    undo()
    assert account.state(plan.source.instance_id) == "running"


def test_a_source_that_is_still_stopping_is_started_by_a_later_pass(account: Account, created: Plan) -> None:
    source_id = created.source.instance_id
    power.start(source_id)
    account.state(source_id)
    account.freeze()
    power.stop(source_id)
    check = one_pass()
    assert not check.done
    assert f"source {source_id}" in check.progress
    account.flow()
    undo()
    assert account.state(source_id) == "running"


def test_nothing_that_the_run_did_not_make_is_touched(account: Account, created: Plan) -> None:
    ec2 = account.client("ec2")
    source_id = created.source.instance_id
    other = Image("other", "", {})
    account.open_row(OTHER_RUN)
    source = facts.describe(facts.find(source_id))
    volume_ids = [volume.volume_id for volume in source.volumes]
    kept = registration.register(
        OTHER_RUN, other, source, snapshots.create(OTHER_RUN, source_id, volume_ids, {})
    )
    account.group("by-hand")
    undo()
    assert kept in left_of(account, OTHER_RUN)
    assert len(of_run(OTHER_RUN, source)) == 2
    assert len(account.found_group("by-hand")["Instances"]) == 2
    assert ec2.describe_launch_templates(LaunchTemplateNames=["by-hand-by-hand"])["LaunchTemplates"]


@pytest.mark.parametrize(
    ("action", "named", "undone"),
    [
        # The group keeps what it launches from, and the template its image.
        ("DeleteAutoScalingGroup", "Auto Scaling group 'web'", set()),
        ("DeleteLaunchTemplate", "launch template 'web'", {"web"}),
        ("DeregisterImage", "image and snapshots", {"web", "lt-"}),
        ("StartInstances", "source i-", {"web", "lt-", "ami-", "snap-"}),
    ],
)
def test_one_part_that_stays_is_named_and_keeps_only_what_it_needs(
    account: Account, created: Plan, action: str, named: str, undone: set[str]
) -> None:
    account.faults({"action": action, **DENIED})
    with pytest.raises(RollBackIncomplete, match=f"could not undo: {named}.*RequestRefused.*denied by the"):
        undo()
    left = {one.rpartition("-")[0] + "-" if "-" in one else one for one in left_of(account, RUN)}
    assert left == {"web", "lt-", "ami-", "snap-"} - undone
    started = account.state(created.source.instance_id) == "running"
    assert started == (action != "StartInstances")


def test_every_part_that_stays_is_named(account: Account, created: Plan) -> None:
    refused = ("DeleteLaunchTemplate", "DeregisterImage", "StartInstances")
    account.faults(*({"service": "ec2", "action": action, **DENIED} for action in refused))
    with pytest.raises(RollBackIncomplete) as incomplete:
        undo()
    for part in ("launch template 'web'", "image and snapshots", f"source {created.source.instance_id}"):
        assert part in str(incomplete.value)


@pytest.mark.parametrize(
    ("code", "name"), [("RequestLimitExceeded", RequestThrottled), ("InternalError", ServiceUnavailable)]
)
def test_what_may_pass_is_tried_again_after_the_other_parts_are_undone(
    account: Account, created: Plan, code: str, name: type[Exception]
) -> None:
    account.faults(
        {"service": "ec2", "action": "DeleteLaunchTemplate", "code": code},
        {"service": "ec2", "action": "StartInstances", **DENIED},
    )
    with pytest.raises(name):
        undo()
    # The template keeps its image.
    assert [one for one in left_of(account, RUN) if not one.startswith(("lt-", "ami-", "snap-"))] == []
    account.faults()
    undo()
    assert left_of(account, RUN) == []
    assert account.state(created.source.instance_id) == "running"


def test_a_snapshot_that_an_image_of_someone_else_uses_is_told(account: Account, created: Plan) -> None:
    used = of_run(RUN, created.source)[0]["SnapshotId"]
    mapping = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": used}}
    account.client("ec2").register_image(
        Name="by-hand", RootDeviceName="/dev/sda1", BlockDeviceMappings=[mapping]
    )
    with pytest.raises(ResourceBusy, match=f"DeleteSnapshot: InvalidSnapshot.InUse: .*{used}"):
        undo()
    assert account.state(created.source.instance_id) == "running"


def test_a_group_that_someone_has_deleted_meanwhile_is_not_missed(account: Account, updated: Plan) -> None:
    account.client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
    assert account.found_group() == {}
    undo()
    assert left_of(account, RUN) == []
    assert account.state(updated.source.instance_id) == "running"


def test_a_source_that_someone_has_terminated_meanwhile_stays_so(account: Account, created: Plan) -> None:
    account.client("ec2").terminate_instances(InstanceIds=[created.source.instance_id])
    undo()
    assert left_of(account, RUN) == []
    assert account.state(created.source.instance_id) == "terminated"


def test_a_source_that_is_not_shown_any_more_does_not_keep_the_rest(account: Account, created: Plan) -> None:
    account.faults(
        {"service": "ec2", "action": "DescribeInstances", "code": "InvalidInstanceID.NotFound", "times": None}
    )
    undo()
    account.faults()
    assert left_of(account, RUN) == []
    assert account.state(created.source.instance_id) == "stopped"


# Passes


def test_a_run_without_a_row_has_nothing_to_undo(account: Account) -> None:
    account.forget_calls()
    check = one_pass()
    assert (check.done, check.progress, check.roll_back) == (True, "nothing to undo", NOTHING_LEFT)
    assert account.changes() == []


def test_a_pass_says_what_it_found_and_when_the_next_one_is_due(account: Account, created: Plan) -> None:
    check = one_pass()
    assert (check.done, check.wait_seconds) == (False, 20)
    assert check.progress == f"Auto Scaling group 'web', source {created.source.instance_id}"
    assert account.state(created.source.instance_id) == "running"
    # What the group launched from goes once it is gone.
    assert one_pass(20).progress == "launch template 'web', image and snapshots"
    check = one_pass(40)
    assert (check.done, check.wait_seconds, check.progress) == (False, 20, "checking again")


@pytest.mark.usefixtures("ledger_table", "created")
def test_a_run_is_undone_when_a_late_pass_finds_nothing() -> None:
    one_pass()
    one_pass()
    assert not one_pass(SETTLED - 1).done
    assert one_pass(SETTLED).done


def test_what_the_last_handler_of_a_run_makes_is_undone_by_the_passes_after_it(created: Plan) -> None:
    one_pass()
    one_pass()
    assert of_run(RUN, created.source) == []
    facts = created.source
    snapshots.create(RUN, facts.instance_id, [volume.volume_id for volume in facts.volumes], {})
    assert not one_pass(SETTLED).done
    assert of_run(RUN, created.source) == []
    assert one_pass(SETTLED + 20).done
    assert kept_plan(RUN) == created


@pytest.mark.usefixtures("ledger_table", "created")
def test_a_late_pass_that_finds_something_is_not_the_last() -> None:
    assert not one_pass(LIMIT - 1).done


@pytest.mark.parametrize(
    ("service", "action"),
    [
        ("ec2", "CreateSnapshots"),
        ("ec2", "CreateLaunchTemplate"),
        ("autoscaling", "CreateAutoScalingGroup"),
    ],
)
def test_what_a_first_pass_does_not_see_yet_is_undone_by_a_later_one(
    account: Account, service: str, action: str
) -> None:
    plan = account.plan(account.seed())
    ledger.lock(plan, UNDO)
    run, facts = plan.run, plan.source
    account.faults({"service": service, "action": action, "effect": "stale", "reads": 1})
    if action == "CreateSnapshots":
        aws.ec2_once().create_snapshots(
            InstanceSpecification={"InstanceId": facts.instance_id},
            Description=owned.description(run, facts.instance_id),
            TagSpecifications=tags.specifications(tags.of_run(run, facts.instance_id), "snapshot"),
        )
    else:
        template = launch_template.create(run, facts.instance_id, plan.launch_template, facts.image_id, None)
        if action == "CreateAutoScalingGroup":
            group.create(run, facts.instance_id, plan.group, template)
    one_pass()
    assert left_of(account, RUN)
    undo()
    assert left_of(account, RUN) == []


def test_snapshots_of_an_image_that_is_not_shown_yet_are_tried_again(account: Account) -> None:
    plan = account.plan(account.seed())
    ledger.lock(plan, UNDO)
    facts = plan.source
    made = snapshots.create(RUN, facts.instance_id, [v.volume_id for v in facts.volumes], {})
    account.faults({"service": "ec2", "action": "RegisterImage", "effect": "stale", "reads": 2})
    registration.register(RUN, plan.image, facts, made)
    with pytest.raises(ResourceBusy, match=r"InvalidSnapshot\.InUse"):
        one_pass()
    undo()
    assert left_of(account, RUN) == []


def test_a_group_is_left_until_its_last_instance_is_gone(account: Account, created: Plan) -> None:
    capacity.restore(RUN, "web", created.group.stated_sizes)
    assert account.found_group()["Instances"]
    account.freeze()
    one_pass()
    assert "Auto Scaling group 'web'" in one_pass(LIMIT - 1).progress
    assert len(account.calls("DeleteAutoScalingGroup")) == 1
    with pytest.raises(RollBackIncomplete, match=r"could not undo: .*Auto Scaling group 'web'"):
        one_pass(LIMIT)


def test_what_is_left_at_the_limit_is_named_beside_what_failed(account: Account, created: Plan) -> None:
    one_pass()
    power.stop(created.source.instance_id)
    assert account.state(created.source.instance_id) == "stopped"
    account.freeze()
    account.faults({"service": "ec2", "action": "DeregisterImage", **DENIED})
    with pytest.raises(RollBackIncomplete) as incomplete:
        one_pass(LIMIT)
    assert "could not undo: image and snapshots (RequestRefused: " in str(incomplete.value)
    assert str(incomplete.value).endswith(f"source {created.source.instance_id}")


def test_a_group_that_others_resized_before_the_run_changed_it_stays_so(account: Account) -> None:
    account.group()
    plan = account.plan(account.seed(), rollout="recreate")
    ledger.lock(plan, UNDO)
    group.resize("web", Sizes(1, 4, 3))
    account.forget_calls()
    undo()
    assert account.changes() == []
    assert account.found_group()["DesiredCapacity"] == 3


# What is kept, and why


def test_a_group_that_is_not_given_back_keeps_its_version_and_its_image(
    account: Account, updated: Plan
) -> None:
    account.faults({"service": "autoscaling", "action": "UpdateAutoScalingGroup", **DENIED})
    with pytest.raises(RollBackIncomplete) as incomplete:
        undo()
    says = str(incomplete.value)
    assert says.startswith("could not undo: Auto Scaling group 'web' (RequestRefused")
    assert "launch template 'web' (kept while the part before it may need it)" in says
    assert "image and snapshots (kept while the part before it may need it)" in says
    template = account.found_group()["LaunchTemplate"]["LaunchTemplateId"]
    left = left_of(account, RUN)
    assert template in left
    assert [one for one in left if one.startswith("ami-")]
    assert account.state(updated.source.instance_id) == "running"
    account.faults()
    assert undo() == NOTHING_LEFT
    assert left_of(account, RUN) == []


def test_instances_of_the_runs_version_that_are_left_keep_its_image(account: Account, updated: Plan) -> None:
    capacity.restore(RUN, "web", updated.group.stated_sizes)
    assert account.found_group()["Instances"]
    one_pass()
    account.freeze()
    one_pass(20)
    assert "instances of the run in 'web'" in one_pass(40).progress
    assert [one for one in left_of(account, RUN) if one.startswith("ami-")]
    account.flow()
    assert undo() == NOTHING_LEFT


def test_a_group_whose_version_from_before_cannot_launch_keeps_the_runs(
    account: Account, updated: Plan
) -> None:
    account.client("ec2").delete_launch_template(LaunchTemplateName="web-by-hand")
    told = undo()
    assert "'web' stays on the run's launch template version, which is kept with its image" in told
    assert "the version from before cannot launch (InvalidLaunchTemplateId.NotFound" in told
    found = account.found_group()
    assert found["LaunchTemplate"]["LaunchTemplateName"] == "web"
    assert (found["MinSize"], found["MaxSize"], found["DesiredCapacity"]) == (1, 4, 2)
    assert len([one for one in left_of(account, RUN) if one.startswith(("lt-", "ami-", "snap-"))]) == 4
    assert account.state(updated.source.instance_id) == "running"
    assert {one["LaunchTemplate"]["LaunchTemplateName"] for one in found["Instances"]} == {"web"}


OWN = [{"ResourceType": "launch-template", "Tags": [{"Key": tags.STACK, "Value": "refresh"}]}]


def on_own_template(account: Account, version: str) -> None:
    """The group web, on a template to which this stack may add versions."""
    account.client("ec2").create_launch_template(
        LaunchTemplateName="web",
        LaunchTemplateData={"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.small"},
        TagSpecifications=OWN,
    )
    account.group(LaunchTemplate={"LaunchTemplateName": "web", "Version": version})


def of_somebody(account: Account, name: str, version: str) -> None:
    """Somebody makes a group on the template web."""
    account.client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateName": "web", "Version": version},
        VPCZoneIdentifier=account.subnets()[0],
        **{"MinSize": 0, "MaxSize": 2, "DesiredCapacity": 1},
    )


def kinds_left(account: Account) -> set[str]:
    return {one.partition("-")[0] for one in left_of(account, RUN)}


@pytest.mark.parametrize(
    ("own", "version", "kept"), [(False, "1", {"lt", "ami", "snap"}), (True, "2", {"ami", "snap"})]
)
def test_a_version_that_a_group_of_others_uses_since_is_kept_with_its_image(
    account: Account, own: bool, version: str, kept: set[str]
) -> None:
    if own:
        on_own_template(account, "1")
    else:
        account.group()
    plan = account.plan(account.seed(), rollout="recreate")
    carry_out(plan)
    capacity.restore(RUN, "web", plan.group.stated_sizes)
    of_somebody(account, "second", version)
    told = undo()
    assert told.startswith("the run's version of launch template 'web' is kept with its image and snapshots")
    assert told.endswith("'second'")
    assert kinds_left(account) == kept
    found = account.found_group()
    assert {one["LaunchTemplate"] == found["LaunchTemplate"] for one in found["Instances"]} == {True}
    assert len(found["Instances"]) == 2


@pytest.mark.parametrize("before", ["1", "$Default"])
def test_a_version_that_somebody_has_made_the_templates_default_is_kept_with_its_image(
    account: Account, before: str
) -> None:
    on_own_template(account, before)
    plan = account.plan(account.seed(), rollout="recreate")
    carry_out(plan)
    capacity.restore(RUN, "web", plan.group.stated_sizes)
    account.client("ec2").modify_launch_template(LaunchTemplateName="web", DefaultVersion="2")
    told = undo()
    assert told == (
        "the run's version of launch template 'web' is kept with its image and snapshots, as somebody has "
        "made it the template's default version since"
    )
    assert kinds_left(account) == {"ami", "snap"}
    found = account.found_group()
    assert found["LaunchTemplate"]["Version"] == before
    launched = {one["LaunchTemplate"]["Version"] for one in found["Instances"] if in_service(one)}
    assert launched == {"2" if before == "$Default" else "1"}


def in_service(member: dict[str, Any]) -> bool:
    return not member["LifecycleState"].startswith("Terminating")


def test_a_group_that_somebody_has_made_in_place_of_the_runs_keeps_what_it_launches_from(
    account: Account, created: Plan
) -> None:
    account.client("autoscaling").delete_auto_scaling_group(
        AutoScalingGroupName=created.group.name, ForceDelete=True
    )
    assert account.found_group() == {}
    of_somebody(account, "web", "1")
    assert undo().endswith("as these groups use it since: 'web'")
    assert kinds_left(account) == {"lt", "ami", "snap"}


def test_an_instance_of_a_version_whose_answer_was_lost_is_replaced(account: Account) -> None:
    on_own_template(account, "$Latest")
    plan = account.plan(account.seed(), rollout="recreate")
    ledger.lock(plan, UNDO)
    source_id = plan.source.instance_id
    made = snapshots.create(RUN, source_id, [v.volume_id for v in plan.source.volumes], {})
    image_id = registration.register(RUN, plan.image, plan.source, made)
    checks.check(image_id, 0, 900)
    lost = {"action": "CreateLaunchTemplateVersion", "when": "after", "effect": "drop", "times": None}
    account.faults({"service": "ec2", **lost})
    with pytest.raises(ServiceUnavailable), aws.named_errors():
        launch_template.create(RUN, source_id, plan.launch_template, image_id, None)
    account.faults()
    account.client("autoscaling").set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=3)
    assert [one["LaunchTemplate"]["Version"] for one in account.found_group()["Instances"]] == ["1", "1", "2"]
    assert undo() == NOTHING_LEFT
    assert [one["LaunchTemplate"]["Version"] for one in account.found_group()["Instances"]] == ["1"] * 3


@pytest.mark.usefixtures("ledger_table", "updated")
def test_what_somebody_else_has_set_since_is_told_beside_what_was_undone(account: Account) -> None:
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="web", HealthCheckGracePeriod=77
    )
    told = undo()
    assert told.startswith(f"{NOTHING_LEFT}; kept as somebody else has set it in 'web' since: ")
    assert "grace period: 77" in told
    assert account.found_group()["HealthCheckGracePeriod"] == 77


def test_a_copied_tag_makes_no_instance_of_the_group_the_runs(account: Account, updated: Plan) -> None:
    undo()
    ledger.lock(updated, UNDO)
    member = account.found_group()["Instances"][0]["InstanceId"]
    account.client("ec2").create_tags(Resources=[member], Tags=[{"Key": tags.RUN, "Value": RUN}])
    undo()
    assert account.state(member) == "running"
