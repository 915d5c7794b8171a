"""moto's CloudFormation makes of the template what MiniStack's has made of it, as far as it knows the types.

A check of intrinsic functions, conditions, environments, policies and definitions by an engine of its own.
`make judge-deployment` has a third engine, which knows more (docs/explanations/internals.md).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from sandbox.launcher import STACK_NAME
from sandbox.stacks import resources_of
from tests.sandbox.deployed import described, differences
from tools.project import DEFINITIONS, machine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.client import Client

# What is compared of each type: what moto takes of it.
TAKEN = {
    "AWS::CloudWatch::Dashboard": {"body"},
    "AWS::DynamoDB::Table": {"keys", "billing"},
    "AWS::Events::Rule": {"pattern", "state", "targets"},
    "AWS::IAM::ManagedPolicy": {"Version", "Statement"},
    # It attaches no managed policies.
    "AWS::IAM::Role": {"assumed", "inline"},
    "AWS::Lambda::Function": {
        "Description",
        "Environment",
        "Handler",
        "MemorySize",
        "Role",
        "Runtime",
        "Timeout",
    },
    "AWS::Logs::LogGroup": {"retention"},
    "AWS::SQS::Queue": {"MessageRetentionPeriod", "SqsManagedSseEnabled"},
    "AWS::StepFunctions::StateMachine": {"definition", "roleArn", "type"},
}
# Types that moto does not know: it would leave them out with a warning.
UNKNOWN = {
    "AWS::ApiGateway::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Logs::MetricFilter",
    "AWS::SNS::Subscription",
    "AWS::Scheduler::Schedule",
    "AWS::StepFunctions::StateMachineVersion",
}
# Types that it knows and cannot make: an API from a body, a permission of an alias, the answer of a function.
# Of a topic nothing is stated; a version has nothing but its number.
OTHERS = {
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::RestApi",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::SNS::Topic",
    "Custom::NoOpenRuns",
}
# What an ARN of a version or of an alias is, without a resource for it.
QUALIFIED = {
    "AWS::Lambda::Version": ("FunctionName", ".Arn", "1"),
    "AWS::Lambda::Alias": ("FunctionName", ".Arn", "live"),
    "AWS::StepFunctions::StateMachineVersion": ("StateMachineArn", "", "1"),
}


@pytest.fixture(scope="module")
def processed(deployed: Client) -> dict[str, Any]:
    """The template after SAM's transformation."""
    stacks = deployed.aws("cloudformation")
    found = stacks.get_template(StackName=STACK_NAME, TemplateStage="Processed")["TemplateBody"]
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def without_qualifiers(resources: Mapping[str, Any], node: Any) -> Any:
    """A part of a template that refers to functions and state machines in the place of their versions."""
    if isinstance(node, list):
        return [without_qualifiers(resources, one) for one in node]
    if not isinstance(node, dict):
        return node
    kind = resources.get(node.get("Ref", ""), {}).get("Type")
    if kind in QUALIFIED:
        owner, attribute, qualifier = QUALIFIED[kind]
        name = resources[node["Ref"]]["Properties"][owner]["Ref"]
        return {"Fn::Sub": f"${{{name}{attribute}}}:{qualifier}"}
    return {key: without_qualifiers(resources, value) for key, value in node.items()}


def for_moto(processed: dict[str, Any]) -> dict[str, Any]:
    """The template without what moto cannot make, and with the text of definitions in it."""
    resources = processed["Resources"]
    texts = {machine(name): path.read_text(encoding="utf-8") for name, path in DEFINITIONS.items()}
    kept = {}
    for name, resource in resources.items():
        if resource["Type"] in TAKEN or resource["Type"] == "AWS::SNS::Topic":
            one = without_qualifiers(resources, resource)
            if name in texts:
                del one["Properties"]["DefinitionS3Location"]
                substitutions = one["Properties"].pop("DefinitionSubstitutions")
                one["Properties"]["DefinitionString"] = {"Fn::Sub": [texts[name], substitutions]}
            kept[name] = one
    sections = {key: processed[key] for key in ("Parameters", "Conditions")}
    return {**sections, "Resources": kept}


@pytest.fixture(scope="module")
def by_moto(deployed: Client, processed: dict[str, Any]) -> dict[str, Any]:
    """What moto's engine has made, by logical id."""
    session = boto3.Session("test", "test", region_name=deployed.endpoints.region)
    with mock_aws(), pytest.MonkeyPatch.context() as environment:
        # An archive that is not there will do.
        environment.setenv("VALIDATE_LAMBDA_S3", "false")
        stacks = session.client("cloudformation")
        stacks.create_stack(StackName=STACK_NAME, TemplateBody=json.dumps(for_moto(processed)))
        made = resources_of(stacks, STACK_NAME)
        return described(
            session.client,  # type: ignore[arg-type]
            STACK_NAME,
            {one["LogicalResourceId"]: (one["ResourceType"], one["PhysicalResourceId"]) for one in made},
        )


@pytest.fixture(scope="module")
def by_ministack(deployed: Client) -> dict[str, Any]:
    made = resources_of(deployed.aws("cloudformation"), STACK_NAME)
    return described(
        deployed.aws,
        STACK_NAME,
        {one["LogicalResourceId"]: (one["ResourceType"], one["PhysicalResourceId"]) for one in made},
    )


def test_each_type_is_compared_or_listed(processed: dict[str, Any]) -> None:
    from moto.cloudformation import parsing  # noqa: PLC0415 - imports all of moto

    types = {one["Type"] for one in processed["Resources"].values()}
    assert types == TAKEN.keys() | UNKNOWN | OTHERS
    assert UNKNOWN & parsing.get_model_map().keys() == set()


def test_both_engines_make_the_same_of_the_template(
    processed: dict[str, Any], by_ministack: dict[str, Any], by_moto: dict[str, Any]
) -> None:
    found = []
    for name, resource in processed["Resources"].items():
        for key in TAKEN.get(resource["Type"], ()):
            one, other = (made[name].get(key) for made in (by_ministack, by_moto))
            found += [f"{name} {difference}" for difference in differences(one, other, key)]
    assert found == []
