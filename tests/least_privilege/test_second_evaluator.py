"""Both evaluators follow AWS's documentation, and answer alike for each role and each call of any role."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.least_privilege import second_evaluator
from tests.least_privilege.foreign import ACCOUNT, foreign_calls
from tests.least_privilege.launches import pass_role
from tests.least_privilege.mutants import mutants
from tests.least_privilege.policies import Request, allows, owners, parsed, policy, request
from tests.least_privilege.rare import rare_calls
from tests.least_privilege.second_evaluator import Answer, answers, findings, kinds
from tools.project import DEFINITIONS, machine, template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.policies import Document

TEMPLATE = template()
INSTANCE = ACCOUNT.ec2("instance", "i-1")
OTHER = ACCOUNT.ec2("instance", "I-1")
# A statement's parts, what is asked, and whether it is allowed by these pages of the IAM User Guide:
# reference_policies_elements_resource, reference_policies_elements_condition_operators and
# reference_policies_condition-single-vs-multi-valued-context-keys.
TAG = {"aws:ResourceTag/team": "web"}
KEYS = {"aws:TagKeys": ["golden-image:run"]}
DOCUMENTED: dict[str, tuple[dict[str, Any], Request, bool]] = {
    "an action in other letters": ({"Action": "EC2:createtags"}, request("ec2:CreateTags", INSTANCE), True),
    "a resource in other letters": ({"Resource": INSTANCE}, request("ec2:CreateTags", OTHER), False),
    "a wildcard in a resource": (
        {"Resource": f"{INSTANCE[:-1]}?"},
        request("ec2:CreateTags", INSTANCE),
        True,
    ),
    "a key that is not there": (
        {"Condition": {"StringEquals": TAG}},
        request("ec2:CreateTags", INSTANCE),
        False,
    ),
    "a negation of a key that is not there": (
        {"Condition": {"StringNotEquals": TAG}},
        request("ec2:CreateTags", INSTANCE),
        True,
    ),
    "a key that need not be there": (
        {"Condition": {"StringEqualsIfExists": TAG}},
        request("ec2:CreateTags", INSTANCE),
        True,
    ),
    "a key's name in other letters": (
        {"Condition": {"StringEquals": {"AWS:resourcetag/TEAM": "web"}}},
        request("ec2:CreateTags", INSTANCE, resource_tags={"team": "web"}),
        True,
    ),
    "a key's value in other letters": (
        {"Condition": {"StringEquals": TAG}},
        request("ec2:CreateTags", INSTANCE, resource_tags={"team": "Web"}),
        False,
    ),
    "one of a key's values": (
        {"Condition": {"StringEquals": {"ec2:CreateAction": ["RunInstances", "CreateImage"]}}},
        request("ec2:CreateTags", INSTANCE, ec2__CreateAction="CreateImage"),
        True,
    ),
    "none of a key's values": (
        {"Condition": {"StringNotEquals": {"ec2:CreateAction": ["RunInstances", "CreateImage"]}}},
        request("ec2:CreateTags", INSTANCE, ec2__CreateAction="CreateImage"),
        False,
    ),
    "all conditions": (
        {
            "Condition": {
                "StringEquals": {"ec2:CreateAction": "RunInstances"},
                "Null": {"aws:TagKeys": "true"},
            }
        },
        request("ec2:CreateTags", INSTANCE, ec2__CreateAction="RunInstances", request_tags={"team": "web"}),
        False,
    ),
    "no tags in a request": (
        {"Condition": {"Null": {"aws:TagKeys": "true"}}},
        request("ec2:CreateTags", INSTANCE),
        True,
    ),
    "all values of a key that is not there": (
        {"Condition": {"ForAllValues:StringNotEqualsIgnoreCase": KEYS}},
        request("ec2:CreateTags", INSTANCE),
        True,
    ),
    "any value of a key that is not there": (
        {"Condition": {"ForAnyValue:StringEquals": KEYS}},
        request("ec2:CreateTags", INSTANCE),
        False,
    ),
    "one of a request's tags that may not be set": (
        {"Condition": {"ForAllValues:StringNotEqualsIgnoreCase": KEYS}},
        request("ec2:CreateTags", INSTANCE, request_tags={"team": "web", "Golden-Image:Run": ""}),
        False,
    ),
    "an ARN of any name": (
        {"Condition": {"ArnLike": {"ec2:LaunchTemplate": ACCOUNT.ec2("launch-template", "*")}}},
        request("ec2:RunInstances", INSTANCE, ec2__LaunchTemplate=ACCOUNT.ec2("launch-template", "lt-1")),
        True,
    ),
    "an ARN of another account": (
        {"Condition": {"ArnLike": {"ec2:LaunchTemplate": ACCOUNT.ec2("launch-template", "*")}}},
        request(
            "ec2:RunInstances", INSTANCE, ec2__LaunchTemplate="arn:aws:ec2:ap-northeast-2:9:launch-template/x"
        ),
        False,
    ),
}


# What AWS lists with an action and no role needs.
NOT_NEEDED = {
    "ec2:RunInstances": {"elastic-gpu", "elastic-inference"},  # Both have ended.
}


def document(parts: Mapping[str, Any]) -> Document:
    everything = {"Effect": "Allow", "Action": ["ec2:CreateTags", "ec2:RunInstances"], "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [everything | parts]}


def own(template: Mapping[str, Any], *names: str) -> dict[str, list[Document]]:
    return {name: ACCOUNT.policies(template, name) for name in names}


@pytest.mark.parametrize("case", DOCUMENTED)
def test_ministack_follows_the_documentation(case: str) -> None:
    parts, asked, allowed = DOCUMENTED[case]
    assert allows(parsed([document(parts)]), asked, ACCOUNT) == allowed


def test_the_second_evaluator_follows_the_documentation() -> None:
    policies = {case: [document(parts)] for case, (parts, *_) in DOCUMENTED.items()}
    found = answers(ACCOUNT, policies, [(case, asked) for case, (_, asked, _) in DOCUMENTED.items()])
    wrong = [
        f"{case}: {answer}"
        for (case, (*_, allowed)), answer in zip(DOCUMENTED.items(), found, strict=True)
        if answer != Answer(allowed)
    ]
    assert wrong == []


def test_every_role_may_do_the_same_by_both_evaluators() -> None:
    """All rare calls of any role, and all that any must not make."""
    names = [*owners(TEMPLATE), *map(machine, DEFINITIONS)]
    every = {one for calls in (rare_calls(), foreign_calls()) for asked in calls.values() for one in asked}
    assert findings(ACCOUNT, own(TEMPLATE, *names), dict.fromkeys(names, every)) == []


def test_without_any_one_condition_a_role_may_do_the_same_by_both_evaluators() -> None:
    changed = {
        mutant.name: mutant
        for owner in owners(TEMPLATE)
        for mutant in mutants(TEMPLATE, owner)
        if mutant.kind == "condition"
    }
    policies = {name: ACCOUNT.policies(one.template, one.owner) for name, one in changed.items()}
    foreign = foreign_calls()
    asked = {name: foreign.get(one.owner, []) for name, one in changed.items()}
    assert findings(ACCOUNT, policies, asked) == []


def test_the_second_evaluator_denies_what_is_taken_away_or_somebody_elses() -> None:
    owner, action = "CreateLaunchTemplateFunction", "ec2:CreateLaunchTemplateVersion"
    without = next(one for one in mutants(TEMPLATE, owner) if one.name.endswith(f"action {action}"))
    policies = own(TEMPLATE, owner) | {"without": ACCOUNT.policies(without.template, owner)}
    arn, tags = ACCOUNT.ec2("launch-template", "lt-1"), {"golden-image:stack": ACCOUNT.stack}
    elsewhere = arn.replace(ACCOUNT.account, "999999999999")
    asked = {
        (owner, request(action, arn, resource_tags=tags)): True,
        ("without", request(action, arn, resource_tags=tags)): False,
        (owner, request(action, elsewhere, resource_tags=tags)): False,
        (owner, request(action, arn, resource_tags={"golden-image:stack": "other"})): False,
        (owner, request(action, arn)): False,
        (owner, pass_role(ACCOUNT, "web")): True,
        (owner, pass_role(ACCOUNT, "web", "lambda.amazonaws.com")): False,
    }
    assert answers(ACCOUNT, policies, list(asked)) == [Answer(allowed) for allowed in asked.values()]


def test_every_kind_of_resource_that_aws_lists_with_an_action_of_ec2_is_allowed_to_a_role() -> None:
    allowed: dict[str, set[str]] = {}
    for statement in (one for owner in owners(TEMPLATE) for one in policy(TEMPLATE, owner, ACCOUNT)):
        for action in statement.actions:
            named = [re.split("[:/]", arn.split(":", 5)[-1])[0] for arn in statement.resources]
            allowed.setdefault(action, set()).update(named)
    tagged_while_it_is_made = "ec2:CreateTags"
    asked = {one for one in allowed if one.startswith("ec2:")} - {tagged_while_it_is_made}
    lacking = {action: listed - allowed[action] for action, listed in kinds(asked).items()}
    assert {action: lacks for action, lacks in lacking.items() if lacks} == NOT_NEEDED


def test_a_difference_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_evaluator, "allows", lambda *_: True)
    owner, asked = next(iter(foreign_calls().items()))
    (found,) = findings(ACCOUNT, own(TEMPLATE, owner), {owner: asked[:1]})
    assert found.endswith("allowed, by the second evaluator denied")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (request("ec2:StopInstance", INSTANCE), "invalid.action"),
        (request("ec2:StopInstances", ACCOUNT.ec2("volume", "vol-1")), "no.resource.types"),
        (request("ec2:StopInstances", "*"), "the action wants one resource"),
        (request("ec2:StopInstances", INSTANCE, ec2__LaunchTemplate="x"), "does not list ec2:launchtemplate"),
        (
            request("ec2:StopInstances", INSTANCE, request_tags={"team": "web"}),
            "does not list aws:requesttag/",
        ),
    ],
)
def test_what_aws_cannot_be_asked_is_a_finding(asked: Request, said: str) -> None:
    (found,) = findings(ACCOUNT, own(TEMPLATE, "StopSourceFunction"), {"StopSourceFunction": [asked]})
    assert said in found
