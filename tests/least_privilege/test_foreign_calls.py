"""A call that a function must not make is denied, and each condition of its policy is needed for that."""

from __future__ import annotations

import pytest

from tests.least_privilege.calls import requests
from tests.least_privilege.facts import Facts
from tests.least_privilege.foreign import ACCOUNT, foreign_calls
from tests.least_privilege.mutants import mutants
from tests.least_privilege.policies import allows, owners, policy, request
from tests.least_privilege.rare import rare_calls
from tools.project import template

TEMPLATE = template()
FOREIGN = foreign_calls()
RARE = rare_calls()


@pytest.mark.parametrize("owner", FOREIGN)
def test_a_foreign_call_is_denied(owner: str) -> None:
    own = policy(TEMPLATE, owner, ACCOUNT)
    assert [asked for asked in FOREIGN[owner] if allows(own, asked, ACCOUNT)] == []


@pytest.mark.parametrize("owner", owners(TEMPLATE))
def test_without_any_one_condition_a_foreign_call_is_allowed(owner: str) -> None:
    survivors = [
        mutant.name
        for mutant in mutants(TEMPLATE, owner)
        if mutant.kind == "condition"
        and not any(
            allows(policy(mutant.template, owner, ACCOUNT), asked, ACCOUNT)
            for asked in FOREIGN.get(owner, [])
        )
    ]
    assert survivors == []


@pytest.mark.parametrize("owner", RARE)
def test_a_rare_call_is_allowed(owner: str) -> None:
    own = policy(TEMPLATE, owner, ACCOUNT)
    assert [asked for asked in RARE[owner] if not allows(own, asked, ACCOUNT)] == []


def test_every_foreign_call_is_one_that_a_wider_policy_would_allow() -> None:
    """Else it would be denied for want of its action, and would prove nothing about conditions."""
    for owner, asked in FOREIGN.items():
        actions = {action for statement in policy(TEMPLATE, owner, ACCOUNT) for action in statement.actions}
        assert {one.action for one in asked} <= actions


def test_a_source_with_a_key_of_another_account_may_be_started() -> None:
    key = f"arn:aws:kms:{ACCOUNT.region}:999999999999:key/1"
    facts = Facts(ACCOUNT, keys={"i-1": [key]})
    asked = requests("ec2", "StartInstances", {"InstanceIds": ["i-1"]}, facts)
    assert [one.action for one in asked] == ["ec2:StartInstances", "kms:CreateGrant"]
    for owner in ("ReturnSourceFunction", "RollBackFunction"):
        own = policy(TEMPLATE, owner, ACCOUNT)
        assert all(allows(own, one, ACCOUNT) for one in asked)


def test_a_canary_with_a_key_of_another_account_may_be_launched() -> None:
    key = f"arn:aws:kms:{ACCOUNT.region}:999999999999:key/1"
    tags = {"golden-image:stack": ACCOUNT.stack}
    facts = Facts(ACCOUNT, keys={"ami-1": [key]}, snapshots={"ami-1": ["snap-1"]})
    facts.templates["lt-1", "1"] = {"ImageId": "ami-1"}
    facts.tags = dict.fromkeys(("lt-1", "ami-1", "snap-1"), tags)
    params = {"LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "1"}, "SubnetId": "subnet-1"}
    of_launch = requests("ec2", "RunInstances", params, facts)
    assert len(of_launch) == len(requests("ec2", "RunInstances", {**params, "DryRun": True}, facts)) + 6
    own = policy(TEMPLATE, "LaunchCanaryFunction", ACCOUNT)
    assert [one for one in of_launch if not allows(own, one, ACCOUNT)] == []


def test_a_plan_may_look_at_composite_alarms() -> None:
    asked = requests(
        "cloudwatch",
        "DescribeAlarms",
        {"AlarmNames": ["web"], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]},
        Facts(ACCOUNT),
    )
    own = policy(TEMPLATE, "PlanRefreshFunction", ACCOUNT)
    assert all(allows(own, one, ACCOUNT) for one in asked)


def test_a_source_of_another_account_or_region_is_out_of_reach() -> None:
    own = policy(TEMPLATE, "StopSourceFunction", ACCOUNT)
    there = ACCOUNT.ec2("instance", "i-1")
    assert allows(own, request("ec2:StopInstances", there), ACCOUNT)
    for arn in (there.replace(ACCOUNT.account, "999999999999"), there.replace(ACCOUNT.region, "us-east-1")):
        assert not allows(own, request("ec2:StopInstances", arn), ACCOUNT)
