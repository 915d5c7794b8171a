from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws, tags
from golden_image.errors import (
    ImageDiffers,
    ImageFailed,
    ImageNameTaken,
    ImageTimedOut,
    NotYetVisible,
    RequestRefused,
    ServiceUnavailable,
)
from golden_image.image import checks, likeness, lookup, owned, registration, snapshots
from golden_image.model.image import Image
from golden_image.source import facts
from tests.unit.account import MARKS, OTHER_RUN, RUN

if TYPE_CHECKING:
    from golden_image.model.image import Snapshot
    from golden_image.model.source import Source
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("open_runs")
WEB = Image(name="web-1", description="golden image", tags={"Team": "web"})


def described(source_id: str) -> Source:
    return facts.describe(facts.find(source_id))


def taken(facts: Source, run: str = RUN) -> list[Snapshot]:
    return snapshots.create(run, facts.instance_id, [v.volume_id for v in facts.volumes], {})


def register(facts: Source, run: str = RUN, wanted: Image = WEB) -> str:
    with aws.named_errors():
        return registration.register(run, wanted, facts, taken(facts, run))


def create(source_id: str, run: str = RUN, wanted: Image = WEB) -> str:
    with aws.named_errors():
        return registration.create(run, wanted, described(source_id))


def own_snapshots(account: Account) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]
    return found


def own_images(account: Account) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.client("ec2").describe_images(Owners=["self"])["Images"]
    return found


def request_for(account: Account, **seed: Any) -> dict[str, Any]:
    """The request to RegisterImage for a source of that kind."""
    register(described(account.seed(**seed)))
    return account.calls("RegisterImage")[0]


# Which call makes the image


@pytest.mark.parametrize(
    ("platform", "call"),
    [
        ("linux", "RegisterImage"),
        ("windows", "CreateImage"),
        ("rhel", "CreateImage"),
        ("suse", "CreateImage"),
        ("marketplace", "CreateImage"),
    ],
)
def test_the_billing_of_a_source_decides_how_its_image_is_made(
    account: Account, platform: str, call: str
) -> None:
    assert described(account.seed(platform=platform)).image_method == call


# Names


def test_the_default_name_tells_the_group_and_the_run() -> None:
    assert registration.default_name(RUN, "web") == "web-20261122T030000Z-0123abcd"


def test_a_run_that_is_not_named_after_its_group_has_both_in_the_default_name() -> None:
    for group in ("api", "we"):
        name = registration.default_name(RUN, group)
        assert re.fullmatch(rf"{group}-web-20261122T030000Z-0123abcd-[0-9a-f]{{8}}", name)


def test_the_default_name_keeps_to_ec2s_characters_and_length() -> None:
    name = registration.default_name(RUN, "웹 서버/" + "x" * 200)
    assert len(name) == 128
    assert re.fullmatch(r"-----x+-[0-9a-f]{8}", name)


@pytest.mark.parametrize("name", ["release+42", "v1.2=rc!", "웹-갱신", "()@'", "w" * 80])
def test_the_default_name_is_legal_whatever_the_runs_name_is(name: str) -> None:
    run = RUN.replace(tags.run_name(RUN), name)
    for group in ("web", "웹", "w" * 255, name, "("):
        assert re.fullmatch(r"[A-Za-z0-9._-]{3,128}", registration.default_name(run, group))


@pytest.mark.parametrize(("one", "other"), [("v1+2", "v1=2"), ("웹-갱신", "앱-갱신"), ("a!", "a'")])
def test_the_default_names_of_two_runs_are_never_the_same(one: str, other: str) -> None:
    runs = (RUN.replace(tags.run_name(RUN), name) for name in (one, other))
    assert len({registration.default_name(run, "web") for run in runs}) == 2


def test_the_default_names_of_two_groups_are_not_the_same() -> None:
    assert registration.default_name(RUN, "a b") != registration.default_name(RUN, "a-b")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("web-a", "b"), ("web", "a-b")),
        (("web", "web-1"), ("web", "1")),
        (("web", "web-a-b"), ("web-a", "b")),
        (("web", "web-20261122T030000Z-0123abcd"), ("web-20261122T030000Z", "0123abcd")),
    ],
)
def test_the_default_names_of_two_runs_of_two_groups_are_not_the_same(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    runs = {(group, RUN.replace(tags.run_name(RUN), run)) for group, run in (one, other)}
    assert len({registration.default_name(run, group) for group, run in runs}) == 2


def test_the_default_names_of_two_runs_of_two_stacks_are_not_the_same() -> None:
    other = RUN.replace(":execution:", ":execution:other-")
    assert registration.default_name(RUN, "api") != registration.default_name(other, "api")


def test_a_name_that_is_free_is_accepted(account: Account) -> None:
    registration.refuse_taken_name("web-1")
    assert account.calls("DescribeImages")[0]["Owners"] == ["self"]


def test_a_name_that_another_image_has_is_refused_with_its_id(account: Account) -> None:
    other = register(described(account.seed()), OTHER_RUN)
    with pytest.raises(
        ImageNameTaken, match=f"'web-1' is already the name of {other}. Set image.name to another value"
    ):
        registration.refuse_taken_name("web-1")


# RegisterImage


def test_the_image_is_registered_as_an_x86_source_with_a_tpm_is(account: Account) -> None:
    sent = request_for(account, tpm=True, bootMode="uefi", imdsv2=True)
    assert sent["Architecture"] == "x86_64"
    assert sent["VirtualizationType"] == "hvm"
    assert sent["RootDeviceName"] == "/dev/sda1"
    assert sent["BootMode"] == "uefi"
    assert sent["TpmSupport"] == "v2.0"
    assert sent["ImdsSupport"] == "v2.0"
    assert sent["SriovNetSupport"] == "simple"
    assert sent["EnaSupport"] is True
    assert sent["UefiData"]


def test_the_image_is_registered_as_an_arm_source_without_ena_is(account: Account) -> None:
    sent = request_for(account, architecture="arm64", ena=False)
    assert (sent["Architecture"], sent["BootMode"]) == ("arm64", "uefi")
    assert sent["EnaSupport"] is False
    assert not {"TpmSupport", "ImdsSupport", "SriovNetSupport"} & set(sent)


def test_a_bios_source_has_no_firmware_variables_to_pass(account: Account) -> None:
    sent = request_for(account, bootMode="legacy-bios")
    assert sent["BootMode"] == "legacy-bios"
    assert "UefiData" not in sent
    assert not account.calls("GetInstanceUefiData")


def test_an_empty_variable_store_is_not_passed(account: Account) -> None:
    facts = described(account.seed(bootMode="uefi"))
    account.instance(facts.instance_id).uefi_data = ""
    register(facts)
    assert "UefiData" not in account.calls("RegisterImage")[0]


def test_each_volume_is_mapped_to_its_snapshot_with_what_its_type_takes(account: Account) -> None:
    volumes: list[dict[str, Any]] = [
        {"sizeGiB": 8, "type": "gp3", "iops": 4000, "throughput": 250},
        {"sizeGiB": 20, "type": "gp2", "deviceName": "/dev/sdf"},
        {"sizeGiB": 100, "type": "io2", "iops": 5000, "deviceName": "/dev/sdg"},
        {"sizeGiB": 125, "type": "st1", "deviceName": "/dev/sdh"},
    ]
    facts = described(account.seed(volumes=volumes))
    made = {snapshot.volume_id: snapshot.snapshot_id for snapshot in taken(facts)}
    register(facts)
    mappings = account.calls("RegisterImage")[0]["BlockDeviceMappings"]
    assert [one["DeviceName"] for one in mappings] == ["/dev/sda1", "/dev/sdf", "/dev/sdg", "/dev/sdh"]
    ebs = [one["Ebs"] for one in mappings]
    assert [one.pop("SnapshotId") for one in ebs] == [made[volume.volume_id] for volume in facts.volumes]
    assert ebs == [
        {"VolumeSize": 8, "VolumeType": "gp3", "Iops": 4000, "Throughput": 250, "DeleteOnTermination": True},
        {"VolumeSize": 20, "VolumeType": "gp2", "DeleteOnTermination": False},
        {"VolumeSize": 100, "VolumeType": "io2", "Iops": 5000, "DeleteOnTermination": False},
        {"VolumeSize": 125, "VolumeType": "st1", "DeleteOnTermination": False},
    ]


def test_the_iops_that_a_gp2_volume_shows_are_not_passed(account: Account) -> None:
    facts = described(account.seed(volumes=[{"type": "gp2"}]))
    facts = replace(facts, volumes=tuple(replace(volume, iops=100) for volume in facts.volumes))
    register(facts)
    assert "Iops" not in account.calls("RegisterImage")[0]["BlockDeviceMappings"][0]["Ebs"]


def test_an_encrypted_volumes_mapping_leaves_encryption_to_the_snapshot(account: Account) -> None:
    sent = request_for(account, volumes=[{"encrypted": True, "kmsKeyId": "arn:aws:kms:::key/1"}])
    assert not {"Encrypted", "KmsKeyId"} & set(sent["BlockDeviceMappings"][0]["Ebs"])
    assert own_images(account)[0]["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True


def test_only_the_image_is_tagged_when_it_is_registered(account: Account) -> None:
    sent = request_for(account)
    (specification,) = sent["TagSpecifications"]
    assert specification["ResourceType"] == "image"
    tags = {tag["Key"]: tag["Value"] for tag in specification["Tags"]}
    assert tags["Team"] == "web"
    assert MARKS.items() <= tags.items()


def test_registering_twice_makes_one_image(account: Account) -> None:
    facts = described(account.seed())
    assert register(facts) == register(facts)
    assert len(own_images(account)) == 1


def test_an_image_whose_answer_was_lost_is_adopted(account: Account) -> None:
    facts = described(account.seed())
    account.lose_answer("ec2", "RegisterImage")
    with pytest.raises(ServiceUnavailable):
        register(facts)
    assert register(facts) == own_images(account)[0]["ImageId"]


def test_an_image_that_exists_and_is_not_shown_yet_is_looked_for_again(account: Account) -> None:
    facts = described(account.seed())
    account.faults({"service": "ec2", "action": "RegisterImage", "effect": "stale", "reads": 1})
    made = register(facts)
    with pytest.raises(NotYetVisible, match="'web-1' exists but is not visible yet"):
        register(facts)
    assert register(facts) == made


def test_a_foreign_image_of_the_name_is_not_adopted(account: Account) -> None:
    facts = described(account.seed())
    other = register(facts, OTHER_RUN)
    with pytest.raises(ImageNameTaken, match=other):
        register(facts)


def test_a_foreign_image_is_not_adopted_when_it_is_seen_only_once(account: Account) -> None:
    facts = described(account.seed())
    register(facts, OTHER_RUN)
    made = taken(facts)
    gone = {"action": "DescribeImages", "code": "InvalidAMIID.NotFound", "skip": 1}
    account.faults({"service": "ec2", "times": None, **gone})
    with pytest.raises(ImageNameTaken):
        registration.register(RUN, WEB, facts, made)


def test_a_snapshot_that_is_not_shown_to_register_image_is_tried_again(account: Account) -> None:
    facts = described(account.seed())
    made = taken(facts)
    account.faults({"service": "ec2", "action": "RegisterImage", "code": "InvalidSnapshot.NotFound"})
    with pytest.raises(NotYetVisible, match=r"InvalidSnapshot\.NotFound"):
        registration.register(RUN, WEB, facts, made)
    assert registration.register(RUN, WEB, facts, made)


def test_a_quota_of_images_is_told_in_awss_words(account: Account) -> None:
    facts = described(account.seed())
    account.faults(
        {"service": "ec2", "action": "RegisterImage", "code": "AmiQuotaExceeded", "message": "50,000"}
    )
    with pytest.raises(RequestRefused, match="AmiQuotaExceeded: 50,000"):
        register(facts)


# CreateImage


@pytest.fixture
def windows(account: Account) -> str:
    return account.seed(platform="windows", state="stopped")


def test_the_image_of_a_windows_source_keeps_its_billing(account: Account, windows: str) -> None:
    create(windows)
    (made,) = own_images(account)
    assert (made["PlatformDetails"], made["UsageOperation"]) == ("Windows", "RunInstances:0002")


def test_a_created_image_and_its_snapshots_are_tagged_in_the_same_call(
    account: Account, windows: str
) -> None:
    create(windows)
    sent = account.calls("CreateImage")[0]
    kinds = [specification["ResourceType"] for specification in sent["TagSpecifications"]]
    assert kinds == ["image", "snapshot"]
    assert sent["NoReboot"] is True
    assert len(own_snapshots(account)) == 2


def test_creating_twice_makes_one_image(account: Account, windows: str) -> None:
    assert create(windows) == create(windows)
    assert len(own_images(account)) == 1


def test_a_created_image_whose_answer_was_lost_is_adopted(account: Account, windows: str) -> None:
    account.lose_answer("ec2", "CreateImage")
    with pytest.raises(ServiceUnavailable):
        create(windows)
    assert create(windows) == own_images(account)[0]["ImageId"]
    assert len(own_snapshots(account)) == 2


def test_a_foreign_created_image_is_not_adopted(windows: str) -> None:
    other = create(windows, OTHER_RUN)
    with pytest.raises(ImageNameTaken, match=other):
        create(windows)


# The wait for it


def test_the_check_waits_until_the_image_is_available(account: Account) -> None:
    facts = described(account.seed())
    made = taken(facts)
    account.state(facts.instance_id)
    account.freeze()
    image_id = registration.register(RUN, WEB, facts, made)
    check = checks.check(image_id, 0, 600)
    assert (check.done, check.progress) == (False, "pending")
    account.flow()
    check = checks.check(image_id, 30, 600)
    assert (check.done, check.progress) == (True, "available")
    assert set(check.snapshot_ids) == {snapshot.snapshot_id for snapshot in made}


def test_a_created_image_shows_its_snapshots_before_it_is_available(account: Account, windows: str) -> None:
    account.freeze()
    image_id = create(windows)
    assert checks.check(image_id, 0, 600).snapshot_ids == ()
    account.flow()
    assert len(checks.check(image_id, 30, 600).snapshot_ids) == 2


def test_a_failed_image_ends_the_wait_with_awss_reason(account: Account) -> None:
    account.faults(
        {"service": "ec2", "action": "RegisterImage", "effect": "fail", "message": "Failed to map a snapshot"}
    )
    image_id = register(described(account.seed()))
    with pytest.raises(ImageFailed, match=f"{image_id} is failed: Failed to map a snapshot"):
        checks.check(image_id, 30, 600)


@pytest.mark.parametrize("state", ["invalid", "error", "deregistered", "disabled"])
def test_a_state_from_which_no_image_becomes_available_ends_the_wait(account: Account, state: str) -> None:
    image_id = register(described(account.seed()))
    checks.check(image_id, 0, 600)
    account.world.ec2.own_images[image_id].state = state
    with pytest.raises(ImageFailed, match=f"{image_id} is {state}: no reason given"):
        checks.check(image_id, 30, 600)


def test_an_image_that_takes_too_long_names_the_timeout(account: Account) -> None:
    facts = described(account.seed())
    made = taken(facts)
    account.state(facts.instance_id)
    account.freeze()
    image_id = registration.register(RUN, WEB, facts, made)
    with pytest.raises(ImageTimedOut, match=f"{image_id} is still pending after 600 s.*timeouts.image"):
        checks.check(image_id, 600, 600)


@pytest.mark.usefixtures("account")
def test_an_image_that_is_not_shown_yet_is_waited_for_and_later_missed() -> None:
    unseen = "ami-0123456789abcdef0"
    assert checks.check(unseen, 0, 600).progress == "not visible yet"
    with pytest.raises(ImageFailed, match=f"{unseen} has disappeared"):
        checks.check(unseen, 301, 600)


# The comparison


@pytest.mark.parametrize(
    "seed",
    [
        {"tpm": True, "bootMode": "uefi", "imdsv2": True},
        {"architecture": "arm64", "ena": False},
        {"bootMode": "legacy-bios"},
        {"volumes": [{"encrypted": True}, {"type": "io2", "iops": 5000}]},
    ],
)
def test_a_registered_image_is_like_its_source(account: Account, seed: dict[str, Any]) -> None:
    facts = described(account.seed(**seed))
    likeness.verify(RUN, register(facts), facts)
    assert len(own_snapshots(account)) == len(facts.volumes)


@pytest.mark.parametrize("platform", ["windows", "rhel", "suse", "marketplace"])
def test_a_created_image_is_like_its_source(account: Account, platform: str) -> None:
    source_id = account.seed(platform=platform, state="stopped")
    likeness.verify(RUN, create(source_id), described(source_id))
    assert len(own_images(account)) == 1


def test_a_created_image_may_leave_imdsv2_to_the_launch_template(account: Account, windows: str) -> None:
    account.instance(windows).metadata_options.http_tokens = "required"
    facts = described(windows)
    assert facts.imds_support == "v2.0"
    likeness.verify(RUN, create(windows), facts)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"architecture": "arm64"}, "architecture is x86_64, the source has arm64"),
        ({"virtualization_type": "paravirtual"}, "virtualization type is hvm, the source has paravirtual"),
        ({"root_device_name": "/dev/xvda"}, "root device is /dev/sda1, the source has /dev/xvda"),
        ({"boot_mode": "legacy-bios"}, "boot mode is uefi, the source has legacy-bios"),
        ({"ena_support": False}, "ENA support is True, the source has False"),
        ({"tpm_support": "v2.0"}, "TPM support is None, the source has v2.0"),
        ({"imds_support": "v2.0"}, "IMDS support is None, the source has v2.0"),
        ({"platform": "Windows"}, "platform is Linux/UNIX, the source has Windows"),
        ({"usage_operation": "RunInstances:0002"}, "usage operation is RunInstances, the source has"),
        ({"product_codes": ("abc",)}, r"product codes is \[\], the source has \['abc'\]"),
        ({"volumes": ()}, r"volumes is {'/dev/sda1': '8 GiB gp3', '/dev/sdf': .*}, the source has {}"),
    ],
)
def test_a_difference_is_named_with_both_values(account: Account, change: dict[str, Any], named: str) -> None:
    facts = described(account.seed(bootMode="uefi"))
    image_id = register(facts)
    with pytest.raises(ImageDiffers, match=f"{image_id} is not like {facts.instance_id}: {named}"):
        likeness.verify(RUN, image_id, replace(facts, **change))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"size": 9}, "'/dev/sda1': '8 GiB gp3'.*'/dev/sda1': '9 GiB gp3'"),
        ({"type": "io2"}, "'/dev/sda1': '8 GiB gp3'.*'/dev/sda1': '8 GiB io2'"),
        ({"encrypted": True}, "'/dev/sda1': '8 GiB gp3'.*'/dev/sda1': '8 GiB gp3 encrypted'"),
        (
            {"delete_on_termination": False},
            "'/dev/sda1': '8 GiB gp3'.*'/dev/sda1': '8 GiB gp3, kept when its instance ends'",
        ),
    ],
)
def test_a_volume_that_is_not_like_the_sources_is_named(
    account: Account, change: dict[str, Any], named: str
) -> None:
    facts = described(account.seed())
    image_id = register(facts)
    root, data = facts.volumes
    with pytest.raises(ImageDiffers, match=f"volumes is .*{named}"):
        likeness.verify(RUN, image_id, replace(facts, volumes=(replace(root, **change), data)))


def test_every_difference_is_named(account: Account) -> None:
    facts = described(account.seed())
    other = replace(facts, architecture="arm64", tpm_support="v2.0")
    image_id = register(facts)
    with pytest.raises(ImageDiffers, match=r"architecture is .*; TPM support is "):
        likeness.verify(RUN, image_id, other)


def test_an_image_that_is_not_shown_is_compared_later(account: Account) -> None:
    facts = described(account.seed())
    with pytest.raises(NotYetVisible, match="ami-0123456789abcdef0"):
        likeness.verify(RUN, "ami-0123456789abcdef0", facts)


def test_verifying_removes_a_second_set_of_snapshots(account: Account) -> None:
    facts = described(account.seed())
    image_id = register(facts)
    account.client("ec2").create_snapshots(
        InstanceSpecification={"InstanceId": facts.instance_id},
        Description=owned.description(RUN, facts.instance_id),
    )
    likeness.verify(RUN, image_id, facts)
    assert {snapshot["SnapshotId"] for snapshot in own_snapshots(account)} == set(
        lookup.snapshot_ids(lookup.find(image_id))
    )


# What EC2 shows of a source


@pytest.mark.parametrize("platform", ["linux", "windows"])
def test_an_image_of_a_source_with_enhanced_networking_is_like_it(account: Account, platform: str) -> None:
    source_id = account.seed(platform=platform, state="stopped")
    facts = described(source_id)
    image_id = register(facts) if platform == "linux" else create(source_id)
    likeness.verify(RUN, image_id, facts)
    assert own_images(account)[0]["SriovNetSupport"] == "simple"


def test_a_tpm_that_ec2_no_longer_shows_is_not_compared(account: Account) -> None:
    first = account.seed(platform="windows", bootMode="uefi", tpm=True, state="stopped")
    ec2 = account.client("ec2")
    base = ec2.create_image(InstanceId=first, Name="base")["ImageId"]
    ec2.describe_images()
    source_id = ec2.run_instances(ImageId=base, InstanceType="t3.small", MinCount=1, MaxCount=1)["Instances"][
        0
    ]["InstanceId"]
    ec2.deregister_image(ImageId=base)
    facts = described(source_id)
    assert facts.tpm_support is None
    image_id = create(source_id)
    likeness.verify(RUN, image_id, facts)
    found = lookup.find(image_id)
    assert found
    assert found["TpmSupport"] == "v2.0"


# The volumes of the instances


def kept_volume(account: Account, **seed: Any) -> Source:
    """A source with a volume that was attached by hand."""
    source_id = account.seed(**seed)
    ec2 = account.client("ec2")
    subnet = ec2.describe_subnets(SubnetIds=[described(source_id).subnet_id])["Subnets"][0]
    volume = ec2.create_volume(AvailabilityZone=subnet["AvailabilityZone"], Size=5)["VolumeId"]
    ec2.attach_volume(VolumeId=volume, InstanceId=source_id, Device="/dev/sdz")
    return described(source_id)


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("platform", ["linux", "windows"])
def test_the_image_deletes_its_volumes_unless_they_are_to_be_kept(
    account: Account, platform: str, keep: bool
) -> None:
    facts = kept_volume(account, platform=platform, volumes=[{"sizeGiB": 8}], state="stopped")
    assert [volume.delete_on_termination for volume in facts.volumes] == [True, False]
    facts = facts if keep else facts.deleting_volumes()
    if platform == "linux":
        image_id = register(facts)
    else:
        image_id = registration.create(RUN, WEB, facts)
        assert checks.check(image_id, 30, 600).done
    likeness.verify(RUN, image_id, facts)
    flags = {
        mapping["DeviceName"]: mapping["Ebs"]["DeleteOnTermination"]
        for mapping in own_images(account)[0]["BlockDeviceMappings"]
    }
    assert flags == {"/dev/sda1": True, "/dev/sdz": not keep}
