from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from moto.ec2.models.instances import StateReason

from golden_image.errors import SourceNotReady, SourceNotSupported
from golden_image.source import facts
from golden_image.source.refusals import refuse_unsupported

if TYPE_CHECKING:
    from tests.unit.account import Account


def judge(instance_id: str, *, stops: bool = True) -> None:
    refuse_unsupported(facts.find(instance_id), stops=stops)


def refusal(instance_id: str) -> str:
    with pytest.raises(SourceNotSupported) as refused:
        judge(instance_id)
    message = str(refused.value)
    assert instance_id in message
    return message


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_a_source_is_accepted_running_and_stopped(account: Account, state: str) -> None:
    source_id = account.seed(state=state)
    judge(source_id)
    assert account.changes() == []


def test_a_source_that_may_hibernate_but_has_not_is_accepted(account: Account) -> None:
    judge(account.seed(hibernation=True, state="stopped"))


def test_a_hibernated_source_is_refused(account: Account) -> None:
    source_id = account.seed(hibernation=True, state="stopped")
    account.instance(source_id).state_reason = StateReason("hibernated", "Client.UserInitiatedHibernate")
    assert "is hibernated" in refusal(source_id)
    assert "Start it" in refusal(source_id)


def test_a_terminated_source_is_refused(account: Account) -> None:
    assert "is terminated; a terminated instance cannot be imaged" in refusal(account.seed(terminated=True))


def test_a_source_that_is_shutting_down_is_refused(account: Account) -> None:
    source_id = account.seed()
    account.freeze()
    account.client("ec2").terminate_instances(InstanceIds=[source_id])
    assert "is shutting-down" in refusal(source_id)


@pytest.mark.parametrize(("state", "call"), [("stopped", "start_instances"), ("running", "stop_instances")])
def test_a_source_that_is_changing_its_power_state_may_be_tried_again_later(
    account: Account, state: str, call: str
) -> None:
    source_id = account.seed(state=state)
    account.freeze()
    getattr(account.client("ec2"), call)(InstanceIds=[source_id])
    with pytest.raises(SourceNotReady, match=f"{source_id} is (pending|stopping). Start a new run when"):
        judge(source_id)


def test_a_pending_source_is_not_blamed_for_volumes_that_are_not_shown_yet() -> None:
    launching: Any = {
        "InstanceId": "i-0123456789abcdef0",
        "State": {"Name": "pending"},
        "RootDeviceType": "ebs",
        "RootDeviceName": "/dev/sda1",
        "BlockDeviceMappings": [],
    }
    with pytest.raises(SourceNotReady, match="is pending"):
        refuse_unsupported(launching, stops=True)


def test_an_instance_store_root_is_refused(account: Account) -> None:
    assert "has an instance-store root volume" in refusal(account.seed(instanceStoreRoot=True))


@pytest.mark.parametrize("kind", ["one-time", "persistent"])
def test_a_spot_instance_is_refused(account: Account, kind: str) -> None:
    message = refusal(account.seed(spot=kind))
    assert "is a Spot Instance" in message
    assert "On-Demand" in message


def test_a_source_without_its_root_volume_is_refused(account: Account) -> None:
    source_id = account.seed(state="stopped")
    root = facts.describe(facts.find(source_id)).volumes[0]
    account.client("ec2").detach_volume(VolumeId=root.volume_id, InstanceId=source_id)
    message = refusal(source_id)
    assert "has no volume attached as its root device /dev/sda1" in message


def test_a_stop_protected_source_is_refused_with_the_command_that_unprotects_it(account: Account) -> None:
    source_id = account.seed(stopProtection=True)
    message = refusal(source_id)
    assert f"modify-instance-attribute --instance-id {source_id} --no-disable-api-stop" in message


def test_a_member_of_a_group_is_refused_with_the_groups_name(account: Account) -> None:
    message = refusal(account.seed(group="by-hand"))
    assert "is in Auto Scaling group 'by-hand'; stopping it would make the group replace it" in message
    assert "Detach it or put it in Standby first." in message


def test_a_member_of_a_group_that_is_in_standby_is_accepted(account: Account) -> None:
    source_id = account.seed(group="by-hand")
    account.client("autoscaling").enter_standby(
        InstanceIds=[source_id], AutoScalingGroupName="by-hand", ShouldDecrementDesiredCapacity=True
    )
    judge(source_id)


def test_what_only_a_stop_would_harm_is_accepted_without_one(account: Account) -> None:
    for source_id in (
        account.seed(stopProtection=True),
        account.seed(spot="one-time"),
        account.seed(group="web"),
    ):
        judge(source_id, stops=False)
    with pytest.raises(SourceNotSupported):
        judge(account.seed(instanceStoreRoot=True), stops=False)
