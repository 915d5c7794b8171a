from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from golden_image import events, names
from golden_image.errors import (
    GoldenImageError,
    GroupNotSupported,
    ImageNameTaken,
    InvalidInput,
    KeyNotGranted,
    LaunchTemplateNotSupported,
    RolloutRequired,
    SourceNotFound,
    SourceNotReady,
    SourceNotSupported,
)
from golden_image.model.group import Sizes
from golden_image.model.image import Image
from golden_image.model.launch_template import Difference
from golden_image.model.plan import Plan
from golden_image.run import owed
from golden_image.source import facts, power
from tests.unit.account import BLUE, GREEN, OTHER_RUN, RUN
from tests.unit.golden_image.group.templates import existing

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.account import Account

# The ledger knows of a stopped source whether it is owed.
pytestmark = pytest.mark.usefixtures("ledger_table")


# What is filled in


def test_two_fields_are_enough_for_a_first_refresh(account: Account) -> None:
    source_id = account.seed()
    plan = account.plan(source_id)
    assert plan.source.instance_id == source_id
    assert plan.image.name == "web-20261122T030000Z-0123abcd"
    assert plan.image.description == f"golden image of {source_id}, {RUN}"
    assert plan.image_method == "RegisterImage"
    assert (plan.launch_template.id, plan.launch_template.name) == (None, "web")
    assert (plan.group.name, plan.group.before) == ("web", None)
    assert plan.group.sizes == Sizes(1, 1, 1)
    assert plan.group.subnet_ids == (plan.source.subnet_id,)
    assert plan.group.health_check_type == "EC2"
    assert (plan.rollout, plan.restart_source, plan.dry_run) == ("drain", True, False)
    assert plan.parameter_name == "/golden-image/refresh/web"
    assert (plan.timeouts.stop, plan.timeouts.snapshot, plan.timeouts.drain) == (900, 86_400, 3600)


def test_planning_changes_nothing(account: Account) -> None:
    account.group()
    source_id = account.seed()
    account.forget_calls()
    account.plan(source_id, rollout="recreate", group={"targetCpuUtilization": 50})
    assert account.changes() == []


def test_what_the_input_says_of_the_image_is_taken(account: Account) -> None:
    wanted = {"name": "web 2026-11-22", "description": "patched", "tags": {"Team": "web"}}
    plan = account.plan(account.seed(), image=wanted)
    assert plan.image == Image("web 2026-11-22", "patched", {"Team": "web"})


def test_a_windows_source_is_planned_with_create_image(account: Account) -> None:
    assert account.plan(account.seed(platform="windows")).image_method == "CreateImage"


def test_the_launch_is_proven_in_the_subnets_of_the_group(account: Account) -> None:
    first, second, *_ = account.subnets()
    source_id = account.seed()
    new = account.plan(source_id, group={"subnetIds": [second, first]})
    assert new.launch_template.subnet_ids == (second, first)
    account.group(VPCZoneIdentifier=second)
    assert account.plan(source_id, rollout="none").launch_template.subnet_ids == (second,)


def test_the_parameter_of_a_group_keeps_to_ssms_characters(account: Account) -> None:
    plan = account.plan(account.seed(), autoScalingGroupName="웹 web/1")
    assert plan.parameter_name == "/golden-image/refresh/--web-1-d8322309"


def test_two_groups_never_share_a_parameter(account: Account) -> None:
    wanted = [{"autoScalingGroupName": name} for name in ("a b", "a-b")]
    names = {account.plan(account.seed(), **one).parameter_name for one in wanted}
    assert len(names) == 2


# What changes


def test_the_plan_tells_what_the_group_launches_now_and_then_but_no_secret(account: Account) -> None:
    tags = [{"Key": "Team", "Value": "s3cret"}, {"Key": "Old", "Value": "s3cret"}]
    data = {
        "UserData": base64.b64encode(b"s3cret").decode(),
        "MetadataOptions": {"HttpTokens": "optional", "HttpPutResponseHopLimit": 2},
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 30}}],
        "TagSpecifications": [{"ResourceType": "instance", "Tags": tags}],
    }
    template_id = existing(account, **data)
    account.group(LaunchTemplate={"LaunchTemplateId": template_id, "Version": "1"})
    stated = {
        "instanceType": "t3.large",
        "userData": "0ther",
        "metadataOptions": {"httpTokens": "required"},
        "tags": {"Team": "0ther", "Old": None, "New": "s3cret"},
    }

    planned = account.plan(account.seed(), rollout="none", launchTemplate=stated).launch_template

    told = {one.field: (one.before, one.after) for one in planned.differences}
    before, after = (names.digest(base64.b64encode(text).decode()) for text in (b"s3cret", b"0ther"))
    of_volumes = {field for field in told if field.endswith("of each volume")}
    assert {field: value for field, value in told.items() if field not in of_volumes} == {
        "BlockDeviceMappings[/dev/xvda].DeviceName": ("/dev/xvda", None),
        "BlockDeviceMappings[/dev/xvda].Ebs.VolumeSize": ("30", None),
        "InstanceType": ("t3.small", "t3.large"),
        "MetadataOptions.HttpTokens": ("optional", "required"),
        "UserData": (f"digest {before}", f"digest {after}"),
        "tag New of each instance": (None, "a value"),
        "tag Old of each instance": ("a value", None),
        "tag Team of each instance": ("a value", "another value"),
    }
    assert "s3cret" not in json.dumps([events.to_event(one) for one in planned.differences])
    assert planned.user_data_digest == after


def test_a_group_that_moves_from_another_template_is_compared_with_that(account: Account) -> None:
    account.group()
    planned = account.plan(account.seed(instanceType="t3.large"), rollout="none").launch_template
    assert planned.id is None
    assert Difference("InstanceType", "t3.small", "t3.large") in planned.differences


def test_a_new_group_and_template_have_nothing_to_be_compared_with(account: Account) -> None:
    assert account.plan(account.seed()).launch_template.differences == ()


def test_more_differences_than_a_plan_has_room_for_are_counted(account: Account) -> None:
    tags = {f"key-{number}": "value" for number in range(40)}
    account.group()
    planned = account.plan(account.seed(), rollout="none", launchTemplate={"tags": tags}).launch_template
    assert len(planned.differences) == 51
    assert planned.differences[-1].field.endswith(" more")


# The rollout


def test_an_empty_group_needs_no_word_on_its_instances(account: Account) -> None:
    account.group(DesiredCapacity=0)
    assert account.plan(account.seed()).rollout == "none"


def test_a_group_with_instances_is_never_drained_by_omission(account: Account) -> None:
    account.group()
    source_id = account.seed()
    with pytest.raises(RolloutRequired, match=r"'web' exists and has 2 instances.*drain .*recreate .*none "):
        account.plan(source_id)


@pytest.mark.parametrize("chosen", ["drain", "recreate", "none"])
def test_a_stated_rollout_is_taken(account: Account, chosen: str) -> None:
    account.group()
    plan = account.plan(account.seed(), rollout=chosen)
    assert plan.rollout == chosen
    assert plan.group.before
    assert plan.group.before.sizes == Sizes(0, 4, 2)


# Sizes


@pytest.mark.parametrize(
    ("stated", "planned"),
    [
        ({}, (0, 4, 2)),
        ({"minSize": 3}, (3, 4, 3)),
        ({"maxSize": 1}, (0, 1, 1)),
        ({"desiredCapacity": 4}, (0, 4, 4)),
        ({"minSize": 1, "maxSize": 6, "desiredCapacity": 5}, (1, 6, 5)),
    ],
)
def test_sizes_that_are_not_stated_stay_as_the_group_has_them(
    account: Account, stated: dict[str, int], planned: tuple[int, int, int]
) -> None:
    account.group()
    assert account.plan(account.seed(), rollout="none", group=stated).group.sizes == Sizes(*planned)


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ({"desiredCapacity": 5}, "minSize 0 ≤ desiredCapacity 5 ≤ maxSize 4 does not hold"),
        ({"minSize": 5}, "minSize 5 ≤ desiredCapacity 5 ≤ maxSize 4 does not hold|minSize 5"),
        ({"minSize": 2, "desiredCapacity": 1}, "must not be below group.minSize"),
    ],
)
def test_sizes_that_do_not_hold_together_are_refused(
    account: Account, stated: dict[str, int], says: str
) -> None:
    account.group()
    source_id = account.seed()
    with pytest.raises(InvalidInput, match=says):
        account.plan(source_id, rollout="none", group=stated)


# Refusals


def _member(account: Account) -> dict[str, Any]:
    return {"sourceInstanceId": account.seed(group="by-hand")}


def _modified(account: Account) -> dict[str, Any]:
    account.freeze()
    return {"sourceInstanceId": account.seed(modifyingVolume=True)}


def _stopping(account: Account) -> dict[str, Any]:
    source_id = account.seed()
    account.freeze()
    power.stop(source_id)
    return {"sourceInstanceId": source_id}


def _ungranted(account: Account) -> dict[str, Any]:
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    return {"sourceInstanceId": account.seed(volumes=[{"encrypted": True, "kmsKeyId": key}])}


def _taken_name(account: Account) -> dict[str, Any]:
    source_id = account.seed(state="stopped")
    account.client("ec2").create_image(InstanceId=source_id, Name="golden")
    return {"sourceInstanceId": source_id, "image": {"name": "golden"}}


def _foreign_template(account: Account) -> dict[str, Any]:
    account.group()
    return {"sourceInstanceId": account.seed(), "launchTemplateName": "web-by-hand", "rollout": "none"}


def _protected_instance(account: Account) -> dict[str, Any]:
    member = account.group()["Instances"][0]["InstanceId"]
    account.client("autoscaling").set_instance_protection(
        InstanceIds=[member], AutoScalingGroupName="web", ProtectedFromScaleIn=True
    )
    return {"sourceInstanceId": account.seed(), "rollout": "drain"}


def _group_with_instances(account: Account) -> dict[str, Any]:
    account.group()
    return {"sourceInstanceId": account.seed()}


def _seeded(**wanted: Any) -> Callable[[Account], dict[str, Any]]:
    return lambda account: {"sourceInstanceId": account.seed(**wanted)}


@pytest.mark.parametrize(
    ("situation", "name"),
    [
        (lambda _: {"sourceInstanceId": "i-0123456789abcdef0"}, SourceNotFound),
        (_seeded(terminated=True), SourceNotSupported),
        (_seeded(instanceStoreRoot=True), SourceNotSupported),
        (_seeded(spot="one-time"), SourceNotSupported),
        (_seeded(stopProtection=True), SourceNotSupported),
        (_member, SourceNotSupported),
        (_stopping, SourceNotReady),
        (_modified, SourceNotReady),
        (_ungranted, KeyNotGranted),
        (_taken_name, ImageNameTaken),
        (_foreign_template, LaunchTemplateNotSupported),
        (_protected_instance, GroupNotSupported),
        (_group_with_instances, RolloutRequired),
    ],
)
def test_every_refusal_comes_from_the_plan_before_anything_changed(
    account: Account,
    situation: Callable[[Account], dict[str, Any]],
    name: type[GoldenImageError],
) -> None:
    wanted = situation(account)
    account.forget_calls()
    with pytest.raises(name):
        account.plan(wanted.pop("sourceInstanceId"), **wanted)
    assert account.changes() == []


# A source that an earlier run could not start again


def test_a_source_that_is_owed_is_planned_as_one_that_runs(account: Account) -> None:
    source_id = account.seed(state="stopped")
    assert account.plan(source_id).source.power_state == "stopped"
    owed.owe(owed.OwedSource(source_id, OTHER_RUN, "other", "no capacity"))
    assert account.plan(source_id).source.power_state == "running"
    assert account.plan(account.seed(state="stopped")).source.power_state == "stopped"
    assert account.plan(source_id, stopSource=False).source.power_state == "stopped"


# Warnings


def test_a_public_address_that_the_stop_gives_up_is_warned_of(account: Account) -> None:
    source_id = account.seed()
    found: Any = facts.find(source_id)
    # moto gives every address to the account; AWS's own are amazon's.
    found["PublicIpAddress"] = "203.0.113.7"
    found["NetworkInterfaces"] = [{"Association": {"IpOwnerId": "amazon", "PublicIp": "203.0.113.7"}}]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(facts, "find", lambda _: found)
        (warning,) = account.plan(source_id).warnings
    assert f"{source_id} has the public address 203.0.113.7, which is not an Elastic IP" in warning


def test_what_a_new_template_cannot_have_is_warned_of(account: Account) -> None:
    source_id = account.seed(launch={"DisableApiTermination": True})
    warnings = account.plan(source_id).warnings
    assert warnings == ("the launch template does not carry over the source's termination protection.",)


def test_an_elastic_ip_stays_with_the_source(account: Account) -> None:
    source_id = account.seed()
    address = account.client("ec2").allocate_address(Domain="vpc")["AllocationId"]
    account.client("ec2").associate_address(InstanceId=source_id, AllocationId=address)
    lost, *_ = account.plan(source_id).warnings
    assert lost == "the launch template does not carry over the source's Elastic IP address."


def test_a_stopped_source_has_no_address_to_lose(account: Account) -> None:
    warnings = account.plan(account.seed(state="stopped")).warnings
    assert not any("when it starts again" in warning for warning in warnings)


# Its JSON

EVERYTHING: dict[str, Any] = {
    "launchTemplate": {
        "metadataOptions": {"httpTokens": "optional", "instanceMetadataTags": "enabled"},
        "userData": "#!/bin/sh",
        "tags": {"버전": "1"},
    },
    "group": {
        "targetGroupArns": [BLUE, GREEN],
        "targetCpuUtilization": 50,
        "notificationTopicArn": "arn:aws:sns:ap-northeast-2:123456789012:web",
        "tags": {"snake_case": "kept"},
    },
    "rollout": "recreate",
    "dryRun": True,
}


@pytest.mark.parametrize("existing", [False, True])
@pytest.mark.parametrize("wanted", [{"rollout": "none"}, EVERYTHING])
def test_a_plan_comes_back_from_its_json_as_it_was(
    account: Account, existing: bool, wanted: dict[str, Any]
) -> None:
    if existing:
        account.group(Tags=[{"Key": "a", "Value": "b", "PropagateAtLaunch": True}])
    account.make_named()
    plan = account.plan(account.seed(platform="marketplace"), **wanted)
    text = json.dumps(events.to_event(plan))
    assert events.from_event(Plan, json.loads(text)) == plan


def test_a_plan_holds_no_user_data(account: Account) -> None:
    secret = "#!/bin/sh\nexport TOKEN=secret"
    source_id = account.seed(userData=secret)
    plan = account.plan(source_id, launchTemplate={"userData": secret})
    assert "secret" not in json.dumps(events.to_event(plan))


def test_a_plan_of_28_volumes_stays_under_16_kib(account: Account) -> None:
    account.group()
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    role = account.found_group()["ServiceLinkedRoleARN"]
    account.client("kms").create_grant(
        KeyId=key, GranteePrincipal=role, Operations=["Decrypt", "CreateGrant"]
    )
    volume = {"type": "io2", "iops": 16_000, "sizeGiB": 16_000, "encrypted": True, "kmsKeyId": key}
    extra = [{**volume, "deviceName": f"/dev/sdb{chr(ord('a') + number)}"} for number in range(26)]
    source_id = account.seed(volumes=[volume, {**volume, "deviceName": "/dev/sdf"}, *extra])
    account.make_named()
    plan = account.plan(source_id, **EVERYTHING)
    assert len(plan.source.volumes) == 28
    assert len(json.dumps(events.to_event(plan), ensure_ascii=False).encode()) < 16 * 1024
    assert plan.run == RUN


# Volumes


def attach_by_hand(account: Account, instance_id: str) -> None:
    ec2 = account.client("ec2")
    instance = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]
    zone = instance["Placement"]["AvailabilityZone"]
    volume = ec2.create_volume(AvailabilityZone=zone, Size=5)["VolumeId"]
    ec2.attach_volume(VolumeId=volume, InstanceId=instance_id, Device="/dev/sdz")


@pytest.mark.parametrize(("keep", "flags"), [(False, [True, True]), (True, [True, False])])
def test_volumes_of_the_image_go_with_their_instance_unless_the_input_keeps_them(
    account: Account, keep: bool, flags: list[bool]
) -> None:
    source_id = account.seed(volumes=[{"sizeGiB": 8}])
    attach_by_hand(account, source_id)
    volumes = account.plan(source_id, image={"keepVolumes": keep}).source.volumes
    assert [volume.delete_on_termination for volume in volumes] == flags


@pytest.mark.parametrize(("rollout", "warned"), [("drain", True), ("recreate", True), ("none", False)])
def test_volumes_that_a_rollout_leaves_behind_are_warned_of(
    account: Account, rollout: str, warned: bool
) -> None:
    for member in account.group()["Instances"]:
        attach_by_hand(account, member["InstanceId"])
    found = account.plan(account.seed(), rollout=rollout).warnings
    message = f"2 volumes of the group's present instances stay, and are billed, when {rollout} ends these"
    assert any(message in warning for warning in found) == warned


def test_a_group_whose_volumes_go_with_their_instances_is_not_warned_of(account: Account) -> None:
    account.group()
    assert account.plan(account.seed(), rollout="recreate").warnings == ()


def test_sizes_that_a_drain_would_not_set_are_refused_by_name(account: Account) -> None:
    account.group()
    says = "group.minSize: drain leaves 'web' at zero and sets no sizes. .*; group.desiredCapacity: drain"
    with pytest.raises(InvalidInput, match=says):
        account.plan(account.seed(), rollout="drain", group={"minSize": 2, "desiredCapacity": 3})
    assert account.plan(account.seed(), rollout="recreate", group={"minSize": 2}).warnings == ()


def test_a_new_group_that_is_drained_is_made_with_the_stated_sizes(account: Account) -> None:
    plan = account.plan(account.seed(), rollout="drain", group={"minSize": 2, "maxSize": 3})
    assert (plan.group.sizes.min_size, plan.group.sizes.max_size) == (2, 3)
