"""The template, its policies and its definitions leave a fifth of what AWS takes, for what comes next."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from tools.check_security import plain_template
from tools.policy_documents import Deployment
from tools.project import DEFINITIONS, TEMPLATE, machine, template

LEFT = 0.2
# A stack whose names are as long as they may be, in the Region with the longest one.
DEPLOYMENT = Deployment(account="123456789012", region="ap-southeast-1", stack="s" * 128)
OWN = template()
ROLES = [
    name
    for name, one in OWN["Resources"].items()
    if one["Type"].startswith("AWS::Serverless::") and one["Properties"].get("Policies")
]


@cache
def deployed() -> dict[str, Any]:
    """The template as CloudFormation gets it from SAM's transformation."""
    return plain_template()


def keeps(number: int, most: int) -> bool:
    return 0 < number <= most * (1 - LEFT)


def characters(document: object) -> int:
    """Of a policy, in which IAM does not count white space."""
    return len(json.dumps(document, separators=(",", ":")))


# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
@pytest.mark.parametrize(("section", "most"), [("Resources", 500), ("Parameters", 200), ("Outputs", 200)])
def test_a_section_of_the_template_has_room(section: str, most: int) -> None:
    assert keeps(len(deployed()[section]), most)


def test_the_template_has_room() -> None:
    assert keeps(TEMPLATE.stat().st_size, 1_000_000)
    assert keeps(len(json.dumps(deployed())), 1_000_000)


# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_definition_has_room(name: str) -> None:
    text = DEFINITIONS[name].read_text(encoding="utf-8")
    for substitution in OWN["Resources"][machine(name)]["Properties"]["DefinitionSubstitutions"]:
        text = text.replace(f"${{{substitution}}}", "x" * 200)
    assert keeps(len(text.encode()), 1_048_576)


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
@pytest.mark.parametrize("name", ROLES)
def test_a_role_has_room(name: str) -> None:
    entries = OWN["Resources"][name]["Properties"]["Policies"]
    inline = [
        document
        for entry, document in zip(entries, DEPLOYMENT.policies(OWN, name), strict=True)
        if "Ref" not in entry
    ]
    # SAM adds one for the logs and one for the traces.
    assert len(entries) - len(inline) + 2 <= 10
    assert sum(map(characters, inline)) <= 10_240 * (1 - LEFT)


def test_a_managed_policy_has_room() -> None:
    attached = {
        entry["Ref"]: document
        for name in ROLES
        for entry, document in zip(
            OWN["Resources"][name]["Properties"]["Policies"], DEPLOYMENT.policies(OWN, name), strict=True
        )
        if "Ref" in entry
    }
    assert {name for name, document in attached.items() if not keeps(characters(document), 6_144)} == set()


def test_a_role_may_be_assumed_with_room_to_spare() -> None:
    trusted = {
        name: characters(one["Properties"]["AssumeRolePolicyDocument"])
        for name, one in deployed()["Resources"].items()
        if one["Type"] == "AWS::IAM::Role"
    }
    assert {name for name, number in trusted.items() if not keeps(number, 2_048)} == set()
