"""A stack whose deletion fails keeps what the resource that stays depends on, as on AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.workflow.conftest import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import Client

# A custom resource that is made, and cannot be deleted.
STAYS = """
import json, urllib.request
def handler(event, _):
    status = "FAILED" if event["RequestType"] == "Delete" else "SUCCESS"
    told = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    told |= {"Status": status, "Reason": "it stays", "PhysicalResourceId": "x"}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(told).encode(), method="PUT")
    urllib.request.urlopen(request)
"""
TRUSTED = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
FUNCTION = {
    "Code": {"ZipFile": STAYS},
    "Handler": "index.handler",
    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
    "Runtime": "python3.13",
    "Timeout": 10,
}
RESOURCES: dict[str, Any] = {
    "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [TRUSTED]}}},
    "Function": {"Type": "AWS::Lambda::Function", "Properties": FUNCTION},
    "Needed": {"Type": "AWS::SNS::Topic"},
    "Other": {"Type": "AWS::SNS::Topic"},
    "Stays": {
        "Type": "Custom::Stays",
        "DependsOn": ["Needed"],
        "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "ServiceTimeout": 30},
    },
}


@pytest.fixture
def stack(sandbox: Client) -> Iterator[str]:
    client, name = sandbox.aws("cloudformation"), f"stays-{uuid4().hex[:8]}"
    template = json.dumps({"Resources": RESOURCES})
    client.create_stack(StackName=name, TemplateBody=template, Capabilities=["CAPABILITY_IAM"])
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    yield name
    client.delete_stack(StackName=name, RetainResources=["Stays"])
    client.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def test_what_could_not_be_deleted_keeps_what_it_depends_on(sandbox: Client, stack: str) -> None:
    client = sandbox.aws("cloudformation")

    def failures() -> list[str]:
        events = client.describe_stack_events(StackName=stack)["StackEvents"]
        failed = [one for one in events if one["ResourceStatus"] == "DELETE_FAILED"]
        return [one["LogicalResourceId"] for one in failed if one["LogicalResourceId"] == stack]

    for number in (1, 2):
        client.delete_stack(StackName=stack)
        eventually(lambda number=number: len(failures()) == number)  # type: ignore[misc]

        left = client.describe_stack_resources(StackName=stack)["StackResources"]
        assert {one["LogicalResourceId"] for one in left} == {"Role", "Function", "Needed", "Stays"}
        reasons = {one["LogicalResourceId"]: one.get("ResourceStatusReason") for one in left}
        assert reasons["Stays"] == "it stays"
