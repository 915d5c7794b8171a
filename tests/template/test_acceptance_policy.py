"""The acceptance's policy: it has all that a deployment of the stack needs, and tags only what it makes."""

from __future__ import annotations

import json

import pytest

from acceptance.in_sandbox import POLICY
from tests.least_privilege.policies import Account, allows, parsed, request
from tools.deploy_policy import policy

ACCOUNT = Account(account="123456789012", region="us-east-1", stack="golden-image-acceptance-00000000")
ACCEPTANCE = parsed([json.loads(POLICY.read_text())])
SAMS_OWN = "aws-sam-cli-managed-default"
"""In the names of the bucket and the stack of `--resolve-s3`, which the acceptance does not use."""
INSTANCE = f"arn:aws:ec2:{ACCOUNT.region}:{ACCOUNT.account}:instance/i-0123456789abcdef0"


def test_it_allows_whatever_deploying_the_stack_needs() -> None:
    lacking = {
        f"{action} on {arn}"
        for statement in policy(ACCOUNT)["Statement"]
        for arn in statement["Resource"]
        for action in statement["Action"]
        if SAMS_OWN not in arn
        and not allows(ACCEPTANCE, request(action, arn if arn == "*" else arn.replace("*", "x")), ACCOUNT)
    }

    assert lacking == set()


@pytest.mark.parametrize("made_by", ["CreateImage", "CreateKeyPair", "CreateLaunchTemplate", "RunInstances"])
def test_it_tags_what_it_makes(made_by: str) -> None:
    assert allows(ACCEPTANCE, request("ec2:CreateTags", INSTANCE, ec2__CreateAction=made_by), ACCOUNT)


def test_it_tags_nothing_that_is_there_already() -> None:
    assert not allows(ACCEPTANCE, request("ec2:CreateTags", INSTANCE), ACCOUNT)


@pytest.mark.parametrize("action", ["ec2:TerminateInstances", "ec2:DeleteVolume", "ec2:DeleteSnapshot"])
def test_it_removes_nothing_without_its_tag(action: str) -> None:
    marked = {"golden-image:acceptance": ACCOUNT.stack}

    assert allows(ACCEPTANCE, request(action, INSTANCE, resource_tags=marked), ACCOUNT)
    assert not allows(ACCEPTANCE, request(action, INSTANCE), ACCOUNT)


@pytest.mark.parametrize("made", ["image/ami-1", "snapshot/snap-1"])
def test_it_makes_images_of_its_sources_only(made: str) -> None:
    marked = {"golden-image:acceptance": ACCOUNT.stack}
    arn = f"arn:aws:ec2:{ACCOUNT.region}::{made}"

    assert allows(ACCEPTANCE, request("ec2:CreateImage", arn), ACCOUNT)
    assert allows(ACCEPTANCE, request("ec2:CreateImage", INSTANCE, resource_tags=marked), ACCOUNT)
    for others in ({}, {"golden-image:acceptance": "web"}, {"golden-image:stack": ACCOUNT.stack}):
        assert not allows(ACCEPTANCE, request("ec2:CreateImage", INSTANCE, resource_tags=others), ACCOUNT)
