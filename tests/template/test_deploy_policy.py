"""The policy of a role that deploys: what CloudFormation's handlers call, on the stack's resources alone."""

from __future__ import annotations

import json
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tests.least_privilege.policies import Account, Request, allows, parsed, request
from tests.least_privilege.second_evaluator import findings
from tools.check_security import plain_template
from tools.deploy_policy import UNUSED, called, policy, types

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.policies import Document

ACCOUNT = Account(account="123456789012", region="ap-northeast-2", stack="refresh")
_REGION = f"{ACCOUNT.region}:{ACCOUNT.account}"
ROLE = f"arn:aws:iam::{ACCOUNT.account}:role/"
# An action on one resource of each kind that the stack has, and on the like of another stack.
OWN = {
    "cloudformation:ExecuteChangeSet": (
        f"arn:aws:cloudformation:{_REGION}:stack/refresh/1",
        f"arn:aws:cloudformation:{_REGION}:stack/other/1",
    ),
    "cloudwatch:PutMetricAlarm": (
        f"arn:aws:cloudwatch:{_REGION}:alarm:refresh-FailedRunsAlarm-1",
        f"arn:aws:cloudwatch:{_REGION}:alarm:web",
    ),
    "cloudwatch:PutDashboard": (
        f"arn:aws:cloudwatch::{ACCOUNT.account}:dashboard/refresh-{ACCOUNT.region}",
        f"arn:aws:cloudwatch::{ACCOUNT.account}:dashboard/web",
    ),
    "dynamodb:DeleteTable": (
        f"arn:aws:dynamodb:{_REGION}:table/refresh-LedgerTable-1",
        f"arn:aws:dynamodb:{_REGION}:table/orders",
    ),
    "iam:CreateRole": (f"{ROLE}refresh-PlanRefreshFunctionRole-1", f"{ROLE}admin"),
    "iam:CreatePolicy": (
        f"arn:aws:iam::{ACCOUNT.account}:policy/refresh-LaunchPolicy-1",
        f"arn:aws:iam::{ACCOUNT.account}:policy/admin",
    ),
    "lambda:UpdateFunctionCode": (
        f"arn:aws:lambda:{_REGION}:function:refresh-PlanRefreshFunction-1",
        f"arn:aws:lambda:{_REGION}:function:web",
    ),
    "sns:CreateTopic": (f"arn:aws:sns:{_REGION}:refresh-NotificationTopic-1", f"arn:aws:sns:{_REGION}:web"),
    "sqs:CreateQueue": (
        f"arn:aws:sqs:{_REGION}:refresh-ScheduleDeadLetterQueue-1",
        f"arn:aws:sqs:{_REGION}:web",
    ),
    "states:UpdateStateMachine": (
        f"arn:aws:states:{_REGION}:stateMachine:GoldenImageRefresh-1",
        f"arn:aws:states:{_REGION}:stateMachine:web",
    ),
}


def test_the_policy_is_of_the_partition_of_the_region() -> None:
    text = json.dumps(policy(replace(ACCOUNT, region="cn-north-1")))

    assert "arn:aws-cn:" in text
    assert "arn:aws:" not in text


# Of all inline policies of a role; blanks do not count.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MOST_INLINE, _LONGEST_STACK = 10_240, 80


def test_the_policy_of_a_long_name_is_short_enough_for_an_inline_policy_of_a_role() -> None:
    long = policy(replace(ACCOUNT, region="ap-southeast-2", stack="x" * _LONGEST_STACK))
    assert len(json.dumps(long, separators=(",", ":"))) <= _MOST_INLINE


@cache
def deploying() -> Document:
    return policy(ACCOUNT)


@cache
def template() -> dict[str, Any]:
    return plain_template()


def granted() -> set[str]:
    return {action for statement in deploying()["Statement"] for action in statement["Action"]}


def keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from keys(one)
    elif isinstance(value, list):
        for one in value:
            yield from keys(one)


def test_all_that_a_handler_calls_is_granted_or_for_a_property_that_is_not_used() -> None:
    lacking = {
        f"{kind}: {action}"
        for kind in types(template())
        for action in called(kind) - granted()
        if not any(
            fnmatchcase(action, pattern) for listed in UNUSED.get(kind, {}).values() for pattern in listed
        )
    }
    assert lacking == set()


@pytest.mark.parametrize(
    ("kind", "unused"), [(kind, name) for kind, listed in UNUSED.items() for name in listed]
)
def test_no_resource_has_a_property_whose_rights_are_left_out(kind: str, unused: str) -> None:
    of_kind = [one for one in template()["Resources"].values() if one["Type"] == kind]
    assert of_kind
    assert unused not in set(keys(of_kind))
    assert [action for action in called(kind) for p in UNUSED[kind][unused] if fnmatchcase(action, p)]


@pytest.mark.parametrize("action", OWN)
def test_a_right_is_on_the_stacks_resources_alone(action: str) -> None:
    own = parsed([deploying()])
    of_the_stack, of_another = (allows(own, request(action, arn), ACCOUNT) for arn in OWN[action])
    assert (of_the_stack, of_another) == (True, False)


def test_a_role_is_handed_only_to_the_services_that_assume_one() -> None:
    own, role = parsed([deploying()]), f"{ROLE}refresh-PlanRefreshFunctionRole-1"

    def handed(service: str, arn: str = role) -> bool:
        return allows(own, request("iam:PassRole", arn, iam__PassedToService=service), ACCOUNT)

    assert all(map(handed, ("lambda.amazonaws.com", "states.amazonaws.com", "scheduler.amazonaws.com")))
    assert not handed("ec2.amazonaws.com")
    assert not handed("lambda.amazonaws.com", f"{ROLE}admin")


def test_both_evaluators_answer_alike() -> None:
    asked: list[Request] = [request(action, arn) for action, arns in OWN.items() for arn in arns]
    assert findings(ACCOUNT, {"deploy": [deploying()]}, {"deploy": asked}) == []


def test_a_role_can_have_it_inline() -> None:
    assert len(json.dumps(deploying(), separators=(",", ":"))) < 10_240
