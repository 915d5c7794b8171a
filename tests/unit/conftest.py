"""AWS in this process for the unit tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import pytest
from golden_image import aws
from moto import mock_aws

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "ap-northeast-2"


@pytest.fixture
def aws_in_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """moto behind every boto3 client, the functions' cached ones included."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        aws._client.cache_clear()
        yield
    aws._client.cache_clear()


@pytest.fixture
def state_machine(aws_in_process: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ARN of a state machine, told to the functions as in the template."""
    arn = boto3.client("stepfunctions").create_state_machine(
        name="refresh",
        definition='{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": true}}}',
        roleArn="arn:aws:iam::123456789012:role/machine",
    )["stateMachineArn"]
    monkeypatch.setenv("STATE_MACHINE_ARN", arn)
    monkeypatch.setenv("DEFAULT_GROUP_NAME", "")
    return arn


@dataclass(frozen=True)
class Context:
    """A Lambda context, as far as the handlers read it."""

    function_name: str = "handler"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:123456789012:function:handler"
    aws_request_id: str = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def context() -> Context:
    """A Lambda context."""
    return Context()
