"""State machines of a test's own, and roles for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.client import Client

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
