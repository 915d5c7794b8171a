"""The template is deployed by a second CloudFormation engine, LocalStack's, and what it makes is compared.

It deploys onto the services of the sandbox in which MiniStack's engine has deployed the same template.
deployment.toml lists what is known to differ. `make judge-deployment` installs LocalStack's engine.
"""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.build import ROOT
from sandbox.client import Client
from sandbox.launcher import STACK_NAME
from sandbox.processes import clean_environment
from sandbox.stacks import resources_of
from tests.least_privilege.recording import account_of
from tests.sandbox.deployed import ELSEWHERE, READERS, described, differences
from tests.workflow.conftest import succeeded

HERE = Path(__file__).parent
PYTHON = ROOT / ".tools/engine/bin/python"
OTHER = "by-another-engine"
LISTED: list[dict[str, Any]] = tomllib.loads((HERE / "deployment.toml").read_text())["differs"]


@pytest.fixture(scope="module")
def template(deployed: Client) -> dict[str, Any]:
    """What SAM's transformation has made of the template."""
    cloudformation = deployed.aws("cloudformation")
    found = cloudformation.get_template(StackName=STACK_NAME, TemplateStage="Processed")["TemplateBody"]
    template: dict[str, Any] = json.loads(json.dumps(found))
    assert "Transform" not in template
    return template


@pytest.fixture(scope="module")
def other(deployed: Client, template: dict[str, Any]) -> dict[str, Any]:
    """The answer of the second engine."""
    given = {
        "template": template,
        "stack": OTHER,
        "account": account_of(deployed).account,
        "region": deployed.endpoints.region,
        "aws": deployed.endpoints.aws,
    }
    command = [str(PYTHON), str(HERE / "engine_deployment.py")]
    environment = clean_environment() | {"AWS_DEFAULT_REGION": deployed.endpoints.region}
    made = subprocess.run(
        command, input=json.dumps(given), env=environment, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr[-3000:]
    answer: dict[str, Any] = json.loads(made.stdout)
    assert answer["failure"] is None, f"{answer['failure']} {made.stderr[-3000:]}"
    return answer


def found(deployed: Client, other: dict[str, Any]) -> list[str]:
    """All differences, of the form `type property: by MiniStack / by the other`."""
    listed = resources_of(deployed.aws("cloudformation"), STACK_NAME)
    ours = {one["LogicalResourceId"]: (one["ResourceType"], one["PhysicalResourceId"]) for one in listed}
    theirs = {name: (one["type"], one["physical"]) for name, one in other["resources"].items()}
    both = [described(deployed.aws, stack, made) for stack, made in ((STACK_NAME, ours), (OTHER, theirs))]
    return [
        f"{ours[name][0]} {difference}"
        for name in both[0]
        for difference in differences(both[0][name], both[1].get(name))
    ]


@pytest.fixture(scope="module")
def all_differences(deployed: Client, other: dict[str, Any]) -> list[str]:
    return found(deployed, other)


def test_the_second_engine_makes_every_resource(template: dict[str, Any], other: dict[str, Any]) -> None:
    conditional = {name for name, one in template["Resources"].items() if "Condition" in one}
    made = {name: one["type"] for name, one in other["resources"].items()}
    assert set(template["Resources"]) - set(made) == conditional
    assert set(made.values()) <= READERS.keys() | ELSEWHERE


def test_what_both_engines_make_differs_only_as_listed(all_differences: list[str]) -> None:
    unexplained = [
        one for one in all_differences if not any(re.match(entry["what"], one) for entry in LISTED)
    ]
    assert unexplained == []


@pytest.mark.parametrize("entry", LISTED, ids=lambda entry: entry["what"])
def test_a_listed_difference_is_still_there(all_differences: list[str], entry: dict[str, Any]) -> None:
    assert any(re.match(entry["what"], one) for one in all_differences)


def test_a_run_succeeds_in_the_stack_of_the_second_engine(deployed: Client, other: dict[str, Any]) -> None:
    outputs = other["outputs"]
    endpoints = replace(
        deployed.endpoints,
        stateMachineArn=outputs["StateMachineArn"],
        ledgerTable=outputs["LedgerTableName"],
        generationsTable=outputs["GenerationsTableName"],
        notificationTopicArn=outputs["NotificationTopicArn"],
        stackName=OTHER,
    )
    sandbox = Client(endpoints)
    source = sandbox.seed()["instanceId"]
    run = sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": "by-another-engine"})
    assert succeeded(run)["rollout"] == "drain"
