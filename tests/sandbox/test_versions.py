"""A published version stays what it was, of a function and of a state machine."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError
from ministack.core.responses import now_iso
from ministack.services import stepfunctions as states

from sandbox.ministack import versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.client import Client

WAIT = {"Type": "Wait", "Seconds": 200, "Next": "Answer"}


def archive(answer: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        zipped.writestr(
            "code.py", f"def handler(event, context): return [{answer!r}, context.function_version]"
        )
        zipped.writestr("bootstrap", "#!/bin/sh\n")
    return made.getvalue()


@pytest.fixture
def role(sandbox: Client) -> str:
    """Any role that there is."""
    return str(sandbox.aws("iam").list_roles()["Roles"][0]["Arn"])


@pytest.fixture
def function(sandbox: Client, role: str) -> Iterator[str]:
    """A function that answers "old"."""
    client, name = sandbox.aws("lambda"), f"function-{uuid4().hex[:8]}"
    options = {"Runtime": "provided.al2023", "Handler": "code.handler", "Role": role}
    client.create_function(FunctionName=name, Code={"ZipFile": archive("old")}, **options)
    yield name
    client.delete_function(FunctionName=name)


def test_a_version_of_a_function_keeps_its_code(sandbox: Client, function: str) -> None:
    client = sandbox.aws("lambda")

    def ask(version: str) -> Any:
        answer = client.invoke(FunctionName=f"{function}:{version}", Payload=b"{}")
        return json.loads(answer["Payload"].read())

    first = client.publish_version(FunctionName=function)["Version"]
    assert ask(first) == ["old", first]
    client.update_function_code(FunctionName=function, ZipFile=archive("new"))
    second = client.publish_version(FunctionName=function)["Version"]

    assert [ask(first), ask(second), ask("$LATEST"), ask(first)] == [
        ["old", first],
        ["new", second],
        ["new", "$LATEST"],
        ["old", first],
    ]


def definition(answer: str, **before: Any) -> str:
    states = {**before, "Answer": {"Type": "Pass", "Output": answer, "End": True}}
    return json.dumps({"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states})


@pytest.fixture
def machine(sandbox: Client, role: str) -> Iterator[str]:
    """A state machine that answers "old" after a while."""
    client = sandbox.stepfunctions
    arn = client.create_state_machine(
        name=f"machine-{uuid4().hex[:8]}", definition=definition("old", Wait=WAIT), roleArn=role
    )["stateMachineArn"]
    yield arn
    client.delete_state_machine(stateMachineArn=arn)


def start(sandbox: Client, machine: str) -> str:
    return sandbox.stepfunctions.start_execution(stateMachineArn=machine)["executionArn"]


def test_an_execution_of_a_version_runs_the_definition_of_that_version(sandbox: Client, machine: str) -> None:
    client = sandbox.stepfunctions
    version = client.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    client.update_state_machine(stateMachineArn=machine, definition=definition("new"))

    started = [start(sandbox, arn) for arn in (version, machine)]

    assert [sandbox.wait(execution).output for execution in started] == ["old", "new"]
    described = [client.describe_execution(executionArn=execution) for execution in started]
    assert [execution["stateMachineArn"] for execution in described] == [machine, machine]
    assert [execution.get("stateMachineVersionArn") for execution in described] == [version, None]


@pytest.mark.parametrize(("suffix", "allowed"), [("", True), (":*", False)])
def test_who_may_start_a_state_machine_may_start_its_versions(
    sandbox: Client, machine: str, suffix: str, allowed: bool
) -> None:
    version = sandbox.stepfunctions.publish_state_machine_version(stateMachineArn=machine)
    iam, name = sandbox.aws("iam"), f"role-{uuid4().hex[:8]}"
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    may = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": machine + suffix}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Statement": [may]}))
    session = sandbox.aws("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="test")["Credentials"]
    keys = {"aws_access_key_id": session["AccessKeyId"], "aws_secret_access_key": session["SecretAccessKey"]}
    as_role = boto3.client(
        "stepfunctions",
        sandbox.endpoints.region,
        endpoint_url=sandbox.endpoints.aws,
        aws_session_token=session["SessionToken"],
        **keys,
    )

    with nullcontext() if allowed else pytest.raises(ClientError, match="AccessDenied"):
        as_role.start_execution(stateMachineArn=version["stateMachineVersionArn"])


def test_an_execution_keeps_the_definition_that_it_began_with(sandbox: Client, machine: str) -> None:
    execution = start(sandbox, machine)
    sandbox.stepfunctions.update_state_machine(stateMachineArn=machine, definition=definition("new"))

    assert sandbox.wait(execution).output == "old"


@pytest.fixture
def deploy(sandbox: Client, role: str) -> Iterator[Callable[[str], str]]:
    """Deploy a stack with a state machine and a version of it; answer the version's ARN."""
    client, name = sandbox.aws("cloudformation"), f"versions-{uuid4().hex[:8]}"
    actions = [
        (client.create_stack, "stack_create_complete"),
        (client.update_stack, "stack_update_complete"),
    ]

    def deployed(answer: str) -> str:
        kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
        version = {
            "StateMachineArn": {"Ref": "Machine"},
            "StateMachineRevisionId": {"Fn::GetAtt": ["Machine", "StateMachineRevisionId"]},
        }
        machine = {"DefinitionString": definition(answer), "RoleArn": role}
        template = {
            "Resources": {
                "Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
                "Published": {
                    "Type": "AWS::StepFunctions::StateMachineVersion",
                    "Properties": version,
                    **kept,
                },
            },
            "Outputs": {
                "Ref": {"Value": {"Ref": "Published"}},
                "Arn": {"Value": {"Fn::GetAtt": ["Published", "Arn"]}},
            },
        }
        change, done = actions.pop(0) if len(actions) > 1 else actions[0]
        change(StackName=name, TemplateBody=json.dumps(template))
        client.get_waiter(done).wait(StackName=name, WaiterConfig={"Delay": 1})
        outputs = client.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
        values = {output["OutputKey"]: output["OutputValue"] for output in outputs}
        assert values["Ref"] == values["Arn"]
        return str(values["Ref"])

    yield deployed
    client.delete_stack(StackName=name)


def test_a_stack_publishes_a_version_of_each_definition_and_keeps_the_others(
    sandbox: Client, deploy: Callable[[str], str]
) -> None:
    versions = [deploy(answer) for answer in ("first", "second", "first")]

    assert len(set(versions)) == 3
    outputs = [sandbox.wait(start(sandbox, version)).output for version in versions]
    assert outputs == ["first", "second", "first"]


@pytest.mark.parametrize("missing", ["stopDate", "event"])
def test_an_execution_is_over_once_all_that_is_told_of_its_end_is_there(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    execution = {
        "executionArn": "arn:aws:states:us-east-1:123456789012:execution:m:half",
        "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m",
        "name": "half",
        "status": "FAILED",
        "startDate": now_iso(),
        "stopDate": None if missing == "stopDate" else now_iso(),
        "input": "{}",
        "output": '{"Error": "Broken"}',
        "error": "Broken",
        "cause": "It broke.",
        "events": [{"id": 1, "type": "ExecutionStarted"}],
    }
    monkeypatch.setitem(states._executions, execution["executionArn"], execution)
    asked = {"executionArn": execution["executionArn"]}

    before = json.loads(versions._describe_execution(asked)[2])
    execution |= {"stopDate": now_iso(), "output": None}
    execution["events"].append({"id": 2, "type": "ExecutionFailed"})
    after = json.loads(versions._describe_execution(asked)[2])

    assert before["status"] == "RUNNING"
    assert not before.keys() & {"stopDate", "output", "error", "cause"}
    assert (after["status"], after["error"], after["cause"]) == ("FAILED", "Broken", "It broke.")
    assert after["stopDate"] == execution["stopDate"]
