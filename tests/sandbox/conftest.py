"""State machines and functions of a test's own, and roles for them."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.client import Client

CODE = """
import os, sys, time, boto3

class SourceTired(Exception):
    pass

calls = 0

def handler(event, context):
    global calls
    calls += 1
    match event["do"]:
        case "fail":
            raise SourceTired("it sleeps")
        case "exit":
            os._exit(7)
        case "hang":
            time.sleep(60)
        case "nap":
            time.sleep(0.3)
    return {
        "calls": calls, "pid": os.getpid(), "path": sys.path[0], "root": os.environ["LAMBDA_TASK_ROOT"],
        "own": os.environ.get("OWN"), "name": context.function_name,
        "key": os.environ["AWS_ACCESS_KEY_ID"][:4], "ec2": boto3.client("ec2").meta.endpoint_url,
    }
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "*"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture
def role(sandbox: Client) -> Iterator[Callable[..., str]]:
    """Make a role with one statement in its policy, or none."""
    iam, names = sandbox.aws("iam"), []

    def make(*actions: str) -> str:
        name = f"role-{uuid4().hex[:8]}"
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        names.append(name)
        if actions:
            statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
        return arn

    yield make
    for name in names:
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)


@pytest.fixture
def machine(sandbox: Client, role: Callable[..., str]) -> Iterator[Callable[..., str]]:
    """Make a state machine of these states, which may invoke any function."""
    made = []

    def make(states: dict[str, Any], *, role_arn: str | None = None, **top: Any) -> str:
        definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states, **top}
        arn: str = sandbox.aws("stepfunctions").create_state_machine(
            name=f"machine-{uuid4().hex[:8]}",
            definition=json.dumps(definition),
            roleArn=role_arn or role("lambda:InvokeFunction"),
        )["stateMachineArn"]
        made.append(arn)
        return arn

    yield make
    for arn in made:
        sandbox.aws("stepfunctions").delete_state_machine(stateMachineArn=arn)


@pytest.fixture
def queue(sandbox: Client) -> Iterator[tuple[str, str]]:
    """The URL and the ARN of a queue."""
    sqs = sandbox.aws("sqs")
    url = sqs.create_queue(QueueName=f"queue-{uuid4().hex[:8]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    yield url, arn
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def function(sandbox: Client) -> Iterator[Callable[..., Callable[[str], dict[str, Any]]]]:
    """Deploy the code above and answer what invokes it: a dict with the error flag and the payload."""
    client, name = sandbox.aws("lambda"), f"function-{uuid4().hex[:8]}"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("code.py", "")
        zipped.writestr("nap.py", CODE)
        zipped.writestr("broken.py", "import no_such_module")
        zipped.writestr("bootstrap", "#!/bin/sh\n")
    role = sandbox.aws("iam").list_roles()["Roles"][0]["Arn"]

    def deploy(handler: str = "nap.handler", timeout: int = 60) -> Callable[[str], dict[str, Any]]:
        client.create_function(
            FunctionName=name,
            Runtime="provided.al2023",
            Handler=handler,
            Role=role,
            Timeout=timeout,
            Code={"ZipFile": archive.getvalue()},
            Environment={"Variables": {"OWN": "variable"}},
        )
        return lambda what: invoke(sandbox, name, what)

    yield deploy
    with suppress(client.exceptions.ResourceNotFoundException):
        client.delete_function(FunctionName=name)


def invoke(sandbox: Client, name: str, what: str) -> dict[str, Any]:
    answer = sandbox.aws("lambda").invoke(FunctionName=name, Payload=json.dumps({"do": what}))
    return {"error": answer.get("FunctionError"), "payload": json.loads(answer["Payload"].read())}
