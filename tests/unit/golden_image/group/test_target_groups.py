from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from golden_image.errors import InvalidInput
from golden_image.group import group, target_groups
from tests.unit.account import ACCOUNT_ID, BLUE, GREEN, REGION, TARGETS, WEB

if TYPE_CHECKING:
    from tests.unit.account import Account

NONE_SUCH = f"{TARGETS}/none/0123456789abcdef"
ELSEWHERE = WEB.replace(REGION, "us-east-1")
FOREIGN = WEB.replace(ACCOUNT_ID, "210987654321")


def refused(account: Account, *arns: str, **more: Any) -> dict[str, str]:
    """What is wrong with each of these target groups of an input, by its field."""
    source_id = account.seed()
    account.forget_calls()
    with pytest.raises(InvalidInput) as raised:
        account.plan(source_id, group={"targetGroupArns": list(arns), **more.pop("group", {})}, **more)
    assert account.changes() == []
    return {error.field: error.message for error in raised.value.fields}


@pytest.mark.parametrize("dry_run", [False, True])
def test_all_target_groups_that_cannot_be_used_are_named_at_once(account: Account, dry_run: bool) -> None:
    by_address = account.targets(f"{TARGETS}/addresses/0123456789abcdef", targetType="ip")
    wrong = refused(account, BLUE, NONE_SUCH, ELSEWHERE, FOREIGN, GREEN, by_address, dryRun=dry_run)
    assert list(wrong) == [f"group.targetGroupArns[{number}]" for number in (1, 2, 3, 5)]
    missing, elsewhere, foreign, kind = wrong.values()
    assert missing == f"{NONE_SUCH} does not exist"
    assert f"is in us-east-1 of account {ACCOUNT_ID}, and this stack is in {REGION}" in elsewhere
    assert f"is in {REGION} of account 210987654321" in foreign
    assert kind == f"{by_address} takes targets of the type ip; a group needs the type instance"


def test_a_target_group_of_another_vpc_is_refused(account: Account) -> None:
    vpc = account.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    other = account.targets(f"{TARGETS}/other/0123456789abcdef", vpcId=vpc)
    (message,) = refused(account, other).values()
    assert f"{other} is in {vpc}, and the group's subnets are in vpc-" in message


def test_a_target_group_that_no_load_balancer_uses_is_refused_where_its_health_is_waited_for(
    account: Account,
) -> None:
    account.targets(WEB, inUse=False)
    (message,) = refused(account, WEB, rollout="recreate", group={"healthCheckType": "ELB"}).values()
    assert f"{WEB} is used by no load balancer" in message
    source_id = account.seed()
    wanted = {"targetGroupArns": [WEB]}
    assert account.plan(source_id, rollout="recreate", group=wanted).group.target_group_arns == (WEB,)
    wanted_elb = wanted | {"healthCheckType": "ELB"}
    assert account.plan(source_id, rollout="drain", group=wanted_elb).rollout == "drain"


@pytest.mark.parametrize("of", ["zones", "a lost subnet"])
def test_the_vpc_is_that_of_the_subnets_in_which_the_group_launches(account: Account, of: str) -> None:
    first, second, *_ = account.subnets()
    ec2 = account.client("ec2")
    if of == "zones":
        zone = ec2.describe_subnets(SubnetIds=[second])["Subnets"][0]["AvailabilityZone"]
        data = {"ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.small"}
        ec2.create_launch_template(LaunchTemplateName="by-hand", LaunchTemplateData=data)
        account.client("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName="web",
            LaunchTemplate={"LaunchTemplateName": "by-hand"},
            AvailabilityZones=[zone],
            MinSize=0,
            MaxSize=1,
        )
    else:
        account.group(DesiredCapacity=0, VPCZoneIdentifier=f"{first},{second}")
        ec2.delete_subnet(SubnetId=first)
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    other = account.targets(f"{TARGETS}/other/0123456789abcdef", vpcId=vpc)
    (message,) = refused(account, other, launchTemplate={"networkInterfaces": None}).values()
    assert f"{other} is in {vpc}" in message


def test_target_groups_that_can_be_used_are_planned(account: Account) -> None:
    plan = account.plan(account.seed(), group={"targetGroupArns": [BLUE, GREEN]})
    assert plan.group.target_group_arns == (BLUE, GREEN)


@pytest.mark.parametrize("chosen", ["drain", "recreate"])
def test_a_group_whose_own_target_group_is_gone_is_refused(account: Account, chosen: str) -> None:
    account.group(TargetGroupARNs=[BLUE, WEB])
    account.client("elbv2").delete_target_group(TargetGroupArn=WEB)
    source_id = account.seed()
    says = f"'web' has target groups that it cannot use: {WEB} does not exist"
    with pytest.raises(InvalidInput, match=says):
        account.plan(source_id, rollout=chosen)
    assert account.plan(source_id, rollout="none").rollout == "none"
    assert account.plan(source_id, rollout=chosen, group={"targetGroupArns": [BLUE]}).rollout == chosen


def test_target_groups_count_however_they_were_attached(account: Account) -> None:
    account.group(TargetGroupARNs=[BLUE])
    found: Any = group.find("web")
    found["TrafficSources"] = [
        {"Identifier": BLUE, "Type": "elbv2"},
        {"Identifier": GREEN, "Type": "elbv2"},
        {"Identifier": "arn:aws:vpc-lattice:x", "Type": "vpc-lattice"},
    ]
    assert target_groups.attached(found) == (BLUE, GREEN)


@pytest.mark.parametrize(
    ("kind", "checked"),
    [("ELB", True), ("EC2,ELB", True), ("EC2", False), ("VPC_LATTICE", False), (None, False)],
)
def test_elb_is_one_of_several_kinds_of_checks(kind: str | None, checked: bool) -> None:
    assert target_groups.checks_elb(kind) == checked
