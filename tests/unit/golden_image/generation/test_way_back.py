"""The plan of a way back: which generation is meant, and whether it can be launched again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from golden_image.errors import (
    GenerationGone,
    GroupNotSupported,
    InvalidInput,
    KeyNotGranted,
    LaunchTemplateNotSupported,
    NoGeneration,
    RolloutRequired,
)
from golden_image.events import to_event
from golden_image.generation import launch, way_back
from golden_image.model.document import Canary
from golden_image.run import planned as plans
from golden_image.run import request
from golden_image.run.request import WayBackRequest
from tests.unit.golden_image.generation.refreshing import another, arn, planned, refresh, went_back

if TYPE_CHECKING:
    from collections.abc import Callable

    from golden_image.model.generation import Generation
    from golden_image.model.plan import WayBackPlan
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("generations_table")


@pytest.fixture
def three(account: Account, generations_table: None) -> list[Generation]:
    """Three generations of the group web, of which it runs the third."""
    assert generations_table is None
    first = refresh(account, "one", group={"maxSize": 2})
    second = another(account, first)
    return [first, second, another(account, second)]


def give(account: Account, version: str, template: str = "web") -> None:
    """Somebody gives the group web another version."""
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="web", LaunchTemplate={"LaunchTemplateName": template, "Version": version}
    )


def goal(wanted: int | str) -> tuple[int, list[str]]:
    """The number of the generation that is planned, and what the plan tells about it."""
    own = planned("back", goBackTo=wanted)
    return own.goes_back_to.number, [one for one in own.warnings if "generation" in one]


def test_a_way_back_needs_no_source_and_plans_no_image(account: Account, three: list[Generation]) -> None:
    own = planned("back", goBackTo="previous", group={"maxSize": 3})
    second = three[1]

    assert own.goes_back_to == second
    assert own.launch_template.base_version == second.launch_template.version
    assert not own.launch_template.adds_version
    assert own.group.stated_sizes.max_size == 3
    assert own.group.before is not None
    assert own.group.before.launch_template_version == str(three[2].launch_template.version)
    event = to_event(own)
    assert not event.keys() & {"source", "image", "imageMethod", "restartSource"}
    assert "UserData" not in event["launchTemplate"]["data"]
    assert plans.read(event) == own
    assert account.found_group()["LaunchTemplate"]["Version"] == "3"


@pytest.mark.parametrize(("runs", "previous"), [("3", 2), ("2", 1), ("$Latest", 2), ("$Default", None)])
@pytest.mark.usefixtures("three")
def test_previous_is_the_one_before_what_the_group_runs_now(
    account: Account, runs: str, previous: int | None
) -> None:
    give(account, runs)
    if previous is None:
        with pytest.raises(NoGeneration, match=r"runs generation 1\). Its generations: 3, 2, 1"):
            planned("back", goBackTo="previous")
        return
    number, told = goal("previous")
    assert number == previous
    changed = f"'web' runs generation {previous + 1} and not 3, its newest: somebody has changed it since."
    assert told == ([] if previous == 2 else [f"{changed} It goes to generation {previous}."])


@pytest.mark.usefixtures("three")
def test_what_is_no_generation_was_set_after_the_newest(account: Account) -> None:
    account.group("by-hand")
    give(account, "1", "by-hand-by-hand")
    number, (told,) = goal("previous")
    assert number == 3
    assert "which is no generation of it: somebody has changed it since generation 3" in told
    assert goal(1)[0] == 1


@pytest.mark.usefixtures("three")
def test_the_way_back_of_a_way_back_is_where_it_came_from(account: Account) -> None:
    assert went_back(account, "back", goBackTo="previous").number == 4
    assert goal("previous") == (3, [])
    assert went_back(account, "again", goBackTo="previous").goes_back_to == 3
    assert goal("previous") == (4, [])
    assert goal(1) == (1, [])


@pytest.mark.usefixtures("three")
def test_previous_is_another_version_than_the_group_runs(account: Account) -> None:
    give(account, "1")
    went_back(account, "back", goBackTo=1)
    went_back(account, "once-more", goBackTo=1)
    assert goal("previous")[0] == 3


@pytest.mark.usefixtures("three")
def test_the_generation_that_the_group_runs_is_told() -> None:
    assert goal(3) == (3, ["'web' launches from the version of generation 3 already."])


@pytest.mark.usefixtures("three")
def test_a_number_that_the_group_has_not_is_refused_with_those_that_it_has() -> None:
    with pytest.raises(NoGeneration, match=r"generation 9 \(runs generation 3\). Its generations: 3, 2, 1\."):
        planned("back", goBackTo=9)


def test_a_group_that_nobody_has_refreshed_has_none(account: Account) -> None:
    account.group()
    with pytest.raises(NoGeneration, match="no run of this stack has made that"):
        planned("back", goBackTo="previous")


def test_a_group_that_does_not_exist_is_refused(account: Account) -> None:
    assert account.found_group() == {}
    with pytest.raises(GroupNotSupported, match="there is no Auto Scaling group 'web'"):
        planned("back", goBackTo="previous")


@pytest.mark.usefixtures("three")
def test_nothing_is_drained_by_default(account: Account) -> None:
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="web", DesiredCapacity=1, MaxSize=2
    )
    assert account.found_group()["Instances"]
    asked = request.parse({"autoScalingGroupName": "web", "goBackTo": "previous"})
    assert isinstance(asked, WayBackRequest)
    with pytest.raises(RolloutRequired):
        way_back.make(arn("back"), asked)


# What may be gone


def deregister(account: Account, one: Generation) -> None:
    account.client("ec2").deregister_image(ImageId=one.image.id)


def disable(account: Account, one: Generation) -> None:
    account.client("ec2").disable_image(ImageId=one.image.id)


def delete_version(account: Account, one: Generation) -> None:
    account.client("ec2").delete_launch_template_versions(
        LaunchTemplateId=one.launch_template.id, Versions=[str(one.launch_template.version)]
    )


def replace_template(account: Account, one: Generation) -> None:
    ec2 = account.client("ec2")
    ec2.delete_launch_template(LaunchTemplateId=one.launch_template.id)
    marks = [{"ResourceType": "launch-template", "Tags": [{"Key": "golden-image:stack", "Value": "refresh"}]}]
    ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData={"InstanceType": "t3.micro"}, TagSpecifications=marks
    )


def strip(account: Account, one: Generation) -> None:
    account.strip_tags(one.image.id)


def delete_security_groups(account: Account, _: Generation) -> None:
    gone = {
        "code": "InvalidGroup.NotFound",
        "message": "The security group 'sg-1' does not exist",
        "times": None,
    }
    account.faults({"service": "ec2", "action": "RunInstances", **gone})


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (deregister, "its image ami-[0-9a-f]+ was deregistered"),
        (disable, "its image ami-[0-9a-f]+ is disabled: aws ec2 enable-image --image-id ami-"),
        (delete_version, r"version 2 of launch template 'web' \(lt-[0-9a-f]+\) was deleted"),
        (replace_template, r"launch template 'web' \(lt-[0-9a-f]+\) was deleted"),
        (strip, "has not the tag golden-image:stack=refresh, .* aws ec2 create-tags --resources ami-"),
        (delete_security_groups, "EC2 would not launch it: InvalidGroup.NotFound"),
    ],
)
def test_a_generation_that_cannot_be_launched_again_is_refused_before_anything_changes(
    account: Account, three: list[Generation], change: Callable[..., None], found: str
) -> None:
    change(account, three[1])
    account.forget_calls()
    with pytest.raises(GenerationGone, match=f"generation 2 of 'web' cannot be launched: .*{found}"):
        planned("back", goBackTo=2)
    assert account.changes() == []


def test_a_snapshot_that_is_gone_is_named(account: Account, three: list[Generation]) -> None:
    """EC2 deletes none that an image uses, but the Recycle Bin and another account's key may take it."""
    account.world.ec2.snapshots.pop(three[1].image.snapshot_ids[0])
    with pytest.raises(GenerationGone, match=r"its snapshot snap-[0-9a-f]+ was deleted"):
        planned("back", goBackTo=2)


def test_a_template_that_has_lost_its_tag_is_refused(account: Account, three: list[Generation]) -> None:
    account.strip_tags(three[1].launch_template.id)
    with pytest.raises(LaunchTemplateNotSupported, match="has no tag golden-image:stack=refresh"):
        planned("back", goBackTo=2)


def test_a_version_that_cannot_be_launched_is_refused_once_more_after_the_lock(
    account: Account, three: list[Generation]
) -> None:
    """The plan may not launch with the version's role: this finds one that is gone."""
    subnets = tuple(account.subnets()[:1])
    launch.prove(three[1], subnets)
    gone: dict[str, Any] = {"code": "InvalidParameterValue", "message": "Invalid IAM Instance Profile name"}
    account.faults({"service": "ec2", "action": "RunInstances", "times": None, **gone})
    with pytest.raises(GenerationGone, match="not launch version 2 of 'web': InvalidParameterValue"):
        launch.prove(three[1], subnets)
    account.faults()
    delete_version(account, three[1])
    with pytest.raises(GenerationGone, match=r"version 2 .* was deleted"):
        launch.prove(three[1], subnets)


def give_key(account: Account, key: str, *statements: dict[str, Any]) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    account.client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=policy)


@pytest.mark.parametrize(
    ("lost", "found"),
    [
        ("enabled", "encrypts a snapshot of the image and is Disabled: every launch of the group would fail"),
        ("granted", "encrypts a snapshot of the image, and .*AutoScaling may not use it"),
    ],
)
def test_a_key_that_the_group_may_not_use_any_more_is_refused(
    account: Account, lost: str, found: str
) -> None:
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    everything = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
    give_key(account, key, everything)
    encrypted = {"volumes": [{"encrypted": True, "kmsKeyId": key}]}
    refresh(account, "one", encrypted)
    refresh(account, "two", rollout="none")
    assert planned("back", goBackTo=1).goes_back_to.number == 1
    if lost == "enabled":
        account.client("kms").disable_key(KeyId=key.rpartition("/")[2])
    else:
        give_key(account, key)
    with pytest.raises(KeyNotGranted, match=found):
        planned("back", goBackTo=1)


# What rolls, proves and approves


@pytest.fixture
def two(account: Account, generations_table: None) -> list[Generation]:
    """Two generations of the group web, which runs the second in two instances."""
    assert generations_table is None
    first = refresh(account, "one", group={"maxSize": 2})
    second = another(account, first)
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="web", DesiredCapacity=2, MaxSize=2
    )
    assert len(account.found_group()["Instances"]) == 2
    return [first, second]


def rolled(**more: Any) -> WayBackPlan:
    """The plan of a way back that rolls its group."""
    return planned("back", goBackTo="previous", rollout="rolling", **more)


@pytest.mark.usefixtures("two")
def test_a_way_back_that_rolls_has_the_preferences_and_a_canary() -> None:
    own = rolled(rolling={"checkpointPercentages": [50, 100]}, approval={"at": ["image"]})
    assert own.rolling is not None
    assert own.rolling.checkpoint_percentages == (50, 100)
    assert own.canary == Canary()
    assert own.approval.at == ("image",)
    assert not own.pins_group
    assert any("waits up to 86400 s for each approval (image)" in told for told in own.warnings)
    assert plans.read(to_event(own)) == own
    assert planned("back", goBackTo="previous").rolling is None


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("version", ["$Latest", "$Default"])
def test_a_group_without_a_number_is_pinned_before_it_is_rolled_back(account: Account, version: str) -> None:
    account.client("ec2").modify_launch_template(LaunchTemplateName="web", DefaultVersion="2")
    give(account, version)
    own = rolled()
    assert own.pins_group
    assert any("gives it the number of that version first" in told for told in own.warnings)
    assert not planned("back", goBackTo="previous").pins_group


@pytest.mark.usefixtures("two")
def test_a_way_back_that_could_not_be_rolled_is_refused(account: Account) -> None:
    account.client("cloudwatch").put_metric_alarm(
        AlarmName="web-5xx",
        MetricName="5xx",
        Namespace="Web",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        Statistic="Sum",
    )
    account.client("cloudwatch").set_alarm_state(AlarmName="web-5xx", StateValue="ALARM", StateReason="x")
    with pytest.raises(InvalidInput) as refused:
        rolled(rolling={"alarms": ["web-5xx", "none"]})
    assert [one.field for one in refused.value.fields] == ["rolling.alarms[0]", "rolling.alarms[1]"]
    account.client("autoscaling").suspend_processes(
        AutoScalingGroupName="web", ScalingProcesses=["InstanceRefresh"]
    )
    with pytest.raises(GroupNotSupported, match="suspended InstanceRefresh"):
        rolled()


@pytest.mark.usefixtures("two")
def test_a_document_of_the_canary_fits_the_image_of_the_generation(account: Account) -> None:
    with pytest.raises(InvalidInput) as refused:
        rolled(canary={"document": "none"})
    (profile, document) = refused.value.fields
    assert profile.field == document.field == "canary.document"
    assert "Go back to another generation, one with AmazonSSMManagedInstanceCore" in profile.message
    assert "there is no document 'none'" in document.message
    assert account.found_group()["LaunchTemplate"]["Version"] == "2"
