"""The client that states are tested with: the sandbox's, or AWS's own where STATES_ON_AWS is set.

STATES_ON_AWS=1 takes credentials and Region from the environment, as the AWS CLI does. They need the right
states:TestState. No role is passed, and nothing is created: tasks have mocked results.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from tests.states.state import Tester

if TYPE_CHECKING:
    from sandbox.client import Client


@pytest.fixture(scope="session")
def tester(request: pytest.FixtureRequest) -> Tester:
    """Asks TestState about states."""
    if "STATES_ON_AWS" in os.environ:
        # TestState has a quota of calls a second.
        return Tester(
            boto3.client("stepfunctions", config=Config(retries={"mode": "adaptive", "max_attempts": 10}))
        )
    return Tester(_in_sandbox(request.getfixturevalue("deployed")))


def _in_sandbox(sandbox: Client) -> Any:
    """Without the prefix `sync-` of TestState's host, which is no name of 127.0.0.1."""
    return boto3.client(
        "stepfunctions",
        endpoint_url=sandbox.endpoints.aws,
        region_name=sandbox.endpoints.region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(inject_host_prefix=False),
    )
