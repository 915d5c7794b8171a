"""AWS in this process for the unit tests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
import pytest
from hypothesis import HealthCheck, settings
from moto import mock_aws

from ec2world.server import serve
from golden_image import aws
from tests.unit.account import CANARY_ROLE, GENERATIONS, LEDGER, OTHER_RUN, REGION, RUN, STACK, Account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ec2world.server import WorldServer

# The same examples everywhere, however slow a machine is; an account serves all examples of a test.
settings.register_profile(
    "unit", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
settings.load_profile("unit")

_LEDGER_TABLE: Any = {
    "TableName": LEDGER,
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture
def aws_in_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """moto behind every boto3 client, the functions' cached ones included; the Region."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield REGION


@pytest.fixture
def state_machine(aws_in_process: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ARN of a state machine, told to the functions as in the template."""
    client = aws.client("stepfunctions")
    assert client.meta.region_name == aws_in_process
    arn = client.create_state_machine(
        name="refresh",
        definition='{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": true}}}',
        roleArn="arn:aws:iam::123456789012:role/machine",
    )["stateMachineArn"]
    aws.client("dynamodb").create_table(**_LEDGER_TABLE)
    monkeypatch.setenv("STATE_MACHINE_ARN", arn)
    monkeypatch.setenv("STACK_NAME", STACK)
    monkeypatch.setenv("LEDGER_TABLE", LEDGER)
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


class Clients(NamedTuple):
    """Makers of boto3 clients that make each one once."""

    functions: Callable[..., Any]
    tests: Callable[[str], Any]


@pytest.fixture(scope="session")
def served() -> Iterator[WorldServer]:
    """The sandbox's EC2 world, served from a thread of this process."""
    server = serve(region=REGION)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def clients() -> Clients:
    """The functions' clients and those of the tests, kept from test to test: making one takes 50 ms."""
    return Clients(lru_cache(aws._client.__wrapped__), lru_cache(boto3.client))


@pytest.fixture
def account(served: WorldServer, clients: Clients, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An empty account of that world behind the functions. Each of their calls is sent once."""
    # moto's 1,300 public images take 0.2 s to make, and no test needs one of them.
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    monkeypatch.setenv("AWS_ENDPOINT_URL", served.url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("STACK_NAME", STACK)
    monkeypatch.setenv("LEDGER_TABLE", LEDGER)
    monkeypatch.setenv("GENERATIONS_TABLE", GENERATIONS)
    monkeypatch.setenv("CANARY_ROLE_ARN", CANARY_ROLE)
    monkeypatch.setattr(aws, "_READ_RETRIES", 1)
    monkeypatch.setattr(aws, "_client", clients.functions)
    return Account(served.world, clients.tests)


@pytest.fixture
def ledger_table(account: Account) -> None:
    """The ledger's table, as in the template."""
    account.client("dynamodb").create_table(**_LEDGER_TABLE)


@pytest.fixture
def generations_table(account: Account, ledger_table: None) -> None:
    """The table of generations beside the ledger's, as in the template."""
    assert ledger_table is None
    account.client("dynamodb").create_table(
        TableName=GENERATIONS,
        AttributeDefinitions=[
            {"AttributeName": "group", "AttributeType": "S"},
            {"AttributeName": "number", "AttributeType": "N"},
        ],
        KeySchema=[
            {"AttributeName": "group", "KeyType": "HASH"},
            {"AttributeName": "number", "KeyType": "RANGE"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture
def open_runs(account: Account, request: pytest.FixtureRequest) -> None:
    """Two runs that have begun, and have a row in which they note what they make."""
    request.getfixturevalue("ledger_table")
    for run in (RUN, OTHER_RUN):
        account.open_row(run)


@pytest.fixture
def row(account: Account, ledger_table: None) -> None:
    """The run's row: it holds its locks."""
    assert ledger_table is None
    account.open_row(RUN)
    account.forget_calls()
