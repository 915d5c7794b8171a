from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from golden_image import aws
from golden_image.errors import (
    RequestRefused,
    ResourceBusy,
    SourceNotFound,
    SourceNotReady,
    SourceStopTimedOut,
)
from golden_image.source import facts, power

if TYPE_CHECKING:
    from golden_image.model.source import Source
    from tests.unit.account import Account


def described(instance_id: str) -> Source:
    return facts.describe(facts.find(instance_id))


@pytest.mark.parametrize("instance_id", ["i-0123456789abcdef0", "not-an-id"])
@pytest.mark.usefixtures("account")
def test_an_instance_that_is_not_there_is_refused_with_what_to_check(instance_id: str) -> None:
    with pytest.raises(SourceNotFound, match=f"no instance {instance_id} .* Check the id.*Region"):
        facts.find(instance_id)


def test_an_error_while_looking_is_not_taken_for_a_missing_instance(account: Account) -> None:
    account.faults({"service": "ec2", "action": "DescribeInstances", "code": "UnauthorizedOperation"})
    with pytest.raises(RequestRefused, match="UnauthorizedOperation"), aws.named_errors():
        facts.find("i-0123456789abcdef0")


def test_an_x86_source_is_described_as_it_is(account: Account) -> None:
    source_id = account.seed(tpm=True, bootMode="uefi", instanceType="m5.large")
    facts = described(source_id)
    assert facts.instance_id == source_id
    assert facts.power_state == "running"
    assert (facts.architecture, facts.virtualization_type) == ("x86_64", "hvm")
    assert (facts.boot_mode, facts.current_boot_mode, facts.tpm_support) == ("uefi", "uefi", "v2.0")
    assert (facts.ena_support, facts.sriov_net_support) == (True, "simple")
    assert (facts.platform, facts.usage_operation, facts.product_codes) == ("Linux/UNIX", "RunInstances", ())


def test_an_arm_source_without_ena_is_described_as_it_is(account: Account) -> None:
    facts = described(account.seed(architecture="arm64", ena=False))
    assert facts.architecture == "arm64"
    assert (facts.boot_mode, facts.current_boot_mode) == ("uefi", "uefi")
    assert (facts.ena_support, facts.sriov_net_support) == (False, None)


def test_a_bios_source_has_no_firmware_beyond_it(account: Account) -> None:
    facts = described(account.seed(bootMode="legacy-bios"))
    assert (facts.boot_mode, facts.current_boot_mode, facts.tpm_support) == (
        "legacy-bios",
        "legacy-bios",
        None,
    )


@pytest.mark.parametrize(("imdsv2", "support"), [(True, "v2.0"), (False, None)])
def test_imdsv2_is_supported_by_the_image_where_the_source_requires_it(
    account: Account, imdsv2: bool, support: str | None
) -> None:
    assert described(account.seed(imdsv2=imdsv2)).imds_support == support


def test_a_source_whose_own_image_has_been_deregistered_is_described(account: Account) -> None:
    source_id = account.seed(imdsv2=True)
    account.faults({"service": "ec2", "action": "DescribeImages", "code": "InvalidAMIID.NotFound"})
    assert described(source_id).imds_support == "v2.0"


@pytest.mark.parametrize(
    ("platform", "billed"), [("windows", "Windows"), ("rhel", "Red Hat Enterprise Linux")]
)
def test_a_source_is_described_with_its_billing(account: Account, platform: str, billed: str) -> None:
    facts = described(account.seed(platform=platform))
    assert facts.platform == billed
    assert facts.usage_operation.startswith("RunInstances:")


def test_a_marketplace_source_is_described_with_its_product_codes(account: Account) -> None:
    assert len(described(account.seed(platform="marketplace")).product_codes) == 1


def test_volumes_are_described_in_the_order_of_their_devices(account: Account) -> None:
    volumes: list[dict[str, Any]] = [
        {"sizeGiB": 8, "type": "gp3", "iops": 4000, "throughput": 250},
        {"sizeGiB": 100, "type": "io2", "iops": 5000, "deviceName": "/dev/sdz"},
        {"sizeGiB": 20, "type": "gp2", "deviceName": "/dev/sdf"},
    ]
    found = described(account.seed(volumes=volumes)).volumes
    assert [(v.device_name, v.size, v.type) for v in found] == [
        ("/dev/sda1", 8, "gp3"),
        ("/dev/sdf", 20, "gp2"),
        ("/dev/sdz", 100, "io2"),
    ]
    assert (found[0].iops, found[0].throughput, found[2].iops) == (4000, 250, 5000)
    assert [v.delete_on_termination for v in found] == [True, False, False]


def test_an_encrypted_volume_is_described_with_its_key(account: Account) -> None:
    key = f"arn:aws:kms:ap-northeast-2:123456789012:key/{'0' * 8}"
    found = described(account.seed(volumes=[{"encrypted": True, "kmsKeyId": key}, {}])).volumes
    assert [(v.encrypted, v.kms_key_id) for v in found] == [(True, key), (False, None)]


def test_a_volume_that_is_being_modified_is_waited_for_by_the_person(account: Account) -> None:
    account.freeze()
    source_id = account.seed(modifyingVolume=True)
    with pytest.raises(SourceNotReady, match=f"vol-.* of {source_id} is being modified. Start a new run"):
        described(source_id)


def test_a_volume_whose_modification_is_optimizing_is_no_obstacle(account: Account) -> None:
    assert described(account.seed(modifyingVolume=True)).volumes[0].size == 16


def test_a_stop_is_asked_for_and_seen(account: Account) -> None:
    source_id = account.seed()
    account.freeze()
    power.stop(source_id)
    check = power.check_stopped(source_id, 0, 900)
    assert (check.done, check.progress) == (False, "stopping")
    account.flow()
    assert power.check_stopped(source_id, 10, 900).done


def test_a_stop_does_not_hibernate(account: Account) -> None:
    source_id = account.seed(hibernation=True)
    power.stop(source_id)
    assert "Hibernate" not in account.calls("StopInstances")[0]


def test_a_source_that_is_stopped_already_is_stopped_again_without_effect(account: Account) -> None:
    source_id = account.seed(state="stopped")
    power.stop(source_id)
    power.stop(source_id)
    assert power.check_stopped(source_id, 0, 900).done


def test_a_source_that_does_not_stop_in_time_names_its_state_and_the_timeout(account: Account) -> None:
    source_id = account.seed()
    account.freeze()
    power.stop(source_id)
    with pytest.raises(SourceStopTimedOut, match=f"{source_id} is still stopping after 900 s.*timeouts.stop"):
        power.check_stopped(source_id, 900, 900)


def test_a_source_that_is_still_stopping_is_started_by_a_later_try(account: Account) -> None:
    source_id = account.seed()
    account.freeze()
    power.stop(source_id)
    with pytest.raises(ResourceBusy, match="IncorrectInstanceState"), aws.named_errors():
        power.start(source_id)
