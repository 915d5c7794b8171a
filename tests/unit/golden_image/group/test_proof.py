from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from golden_image import aws
from golden_image.errors import (
    LaunchTemplateInvalid,
    NotYetVisible,
    RequestRefused,
    RequestThrottled,
    ResourceBusy,
    ServiceUnavailable,
)
from golden_image.group import launch_template, proof
from golden_image.source import facts
from tests.unit.account import RUN
from tests.unit.golden_image.group.templates import asked_in, make, planned

if TYPE_CHECKING:
    from golden_image.model.launch_template import LaunchTemplate
    from tests.unit.account import Account

pytestmark = pytest.mark.usefixtures("open_runs")


@pytest.fixture
def source_id(account: Account) -> str:
    return account.seed()


@pytest.fixture
def template(source_id: str) -> LaunchTemplate:
    return make(source_id)


def prove(account: Account, template: LaunchTemplate, subnets: int = 1) -> None:
    with aws.named_errors():
        proof.prove(template, tuple(account.subnets()[:subnets]))


def test_a_version_that_would_launch_is_proven_without_launching(
    account: Account, template: LaunchTemplate
) -> None:
    account.forget_calls()
    prove(account, template)
    (call,) = account.calls("RunInstances")
    assert call["DryRun"] is True
    assert call["LaunchTemplate"] == {"LaunchTemplateId": template.id, "Version": "1"}


def test_a_version_that_would_not_launch_is_refused_in_awss_words(account: Account, source_id: str) -> None:
    plan = planned(source_id, instanceType="t4g.small")
    made = launch_template.create(RUN, source_id, plan, facts.find(source_id)["ImageId"], None)
    says = "would not launch version 1 of 'web': InvalidParameterValue: The architecture 'arm64'"
    with pytest.raises(LaunchTemplateInvalid, match=says):
        prove(account, made)


@pytest.mark.parametrize(
    ("code", "message", "name"),
    [
        ("InvalidGroup.NotFound", "The security group 'sg-1' does not exist", LaunchTemplateInvalid),
        ("InvalidKeyPair.NotFound", "The key pair 'ops' does not exist", LaunchTemplateInvalid),
        ("UnauthorizedOperation", "not authorized to perform iam:PassRole", LaunchTemplateInvalid),
        ("UnauthorizedOperation", "You are not authorized to perform this operation.", NotYetVisible),
        ("InvalidAMIID.NotFound", "The image id does not exist", NotYetVisible),
        ("InvalidLaunchTemplateId.NotFound", "does not exist", NotYetVisible),
        ("InvalidLaunchTemplateId.VersionNotFound", "Could not find launch template version", NotYetVisible),
        ("InvalidParameterValue", "Invalid IAM Instance Profile name", ResourceBusy),
        ("RequestLimitExceeded", "Request limit exceeded.", RequestThrottled),
        ("InternalError", "An internal error has occurred", ServiceUnavailable),
        ("VcpuLimitExceeded", "more vCPU capacity than your current limit", RequestRefused),
    ],
)
def test_what_ec2_says_to_the_proof_decides_whether_it_is_tried_again(
    account: Account, template: LaunchTemplate, code: str, message: str, name: type[Exception]
) -> None:
    account.faults({"service": "ec2", "action": "RunInstances", "code": code, "message": message})
    with pytest.raises(name, match=message):
        prove(account, template)


def test_a_version_that_launches_in_one_of_the_subnets_is_proven(
    account: Account, template: LaunchTemplate
) -> None:
    refusal = {"code": "Unsupported", "message": "t3.small is not supported in ap-northeast-2b"}
    account.faults({"service": "ec2", "action": "RunInstances", "times": 1, **refusal})
    prove(account, template, subnets=3)
    assert asked_in(account) == account.subnets()[:2]


@pytest.mark.parametrize("code", ["InsufficientFreeAddressesInSubnet", "UnauthorizedOperation"])
def test_a_subnet_that_cannot_take_an_instance_now_is_no_reason(
    account: Account, template: LaunchTemplate, code: str
) -> None:
    refusal = {"code": code, "message": f"not for {account.subnets()[0]}"}
    account.faults({"service": "ec2", "action": "RunInstances", "times": 1, **refusal})
    prove(account, template, subnets=2)


def test_a_version_that_launches_in_none_of_the_subnets_is_refused_once_for_each_reason(
    account: Account, template: LaunchTemplate
) -> None:
    refusal = {"code": "Unsupported", "message": "no such type here"}
    account.faults({"service": "ec2", "action": "RunInstances", "times": 9, **refusal})
    with pytest.raises(LaunchTemplateInvalid) as raised:
        prove(account, template, subnets=3)
    assert str(raised.value).count("no such type here") == 1


def test_interfaces_of_the_version_are_proven_in_the_subnet(account: Account) -> None:
    source_id = account.seed(launch={"NetworkInterfaces": [{"DeviceIndex": 0, "Ipv6AddressCount": 1}]})
    prove(account, make(source_id))
    (call,) = account.calls("RunInstances")
    assert "SubnetId" not in call
    (interface,) = call["NetworkInterfaces"]
    assert (interface["SubnetId"], interface["Ipv6AddressCount"]) == (account.subnets()[0], 1)


def test_a_version_that_is_not_shown_yet_is_looked_for_again(
    account: Account, template: LaunchTemplate
) -> None:
    code = "InvalidLaunchTemplateId.VersionNotFound"
    account.faults({"service": "ec2", "action": "DescribeLaunchTemplateVersions", "code": code})
    with pytest.raises(NotYetVisible, match=f"version 1 of {template.id} is not fully visible yet: {code}"):
        prove(account, template)


def test_a_tag_that_iam_sees_late_is_waited_out(account: Account, template: LaunchTemplate) -> None:
    denial = {"code": "UnauthorizedOperation", "message": f"not authorized: launch-template/{template.id}"}
    account.faults({"service": "ec2", "action": "RunInstances", "times": 1, **denial})
    with pytest.raises(NotYetVisible, match="UnauthorizedOperation: not authorized"):
        prove(account, template)
    prove(account, template)
