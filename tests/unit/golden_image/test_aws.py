from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from golden_image import aws, errors

if TYPE_CHECKING:
    from tests.unit.account import Account

ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=1)


def answer(code: str, status: int = 400) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "in AWS's words"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "StopInstances")


def raised_for(error: Exception) -> Exception:
    with pytest.raises(Exception) as raised, aws.named_errors():
        raise error
    return raised.value


@pytest.mark.parametrize(
    ("code", "status", "name"),
    [
        ("RequestLimitExceeded", 503, "RequestThrottled"),
        ("Throttling", 400, "RequestThrottled"),
        ("ThrottlingException", 400, "RequestThrottled"),
        ("SnapshotCreationPerVolumeRateExceeded", 400, "RequestThrottled"),
        ("InternalError", 500, "ServiceUnavailable"),
        ("Unavailable", 503, "ServiceUnavailable"),
        ("ServiceUnavailable", 503, "ServiceUnavailable"),
        ("ConcurrentTagAccess", 400, "ResourceBusy"),
        ("502", 502, "ServiceUnavailable"),
        ("ScalingActivityInProgress", 400, "ResourceBusy"),
        ("ResourceContention", 500, "ResourceBusy"),
        ("IncorrectInstanceState", 400, "ResourceBusy"),
        ("InvalidSnapshot.InUse", 400, "ResourceBusy"),
        ("PendingSnapshotLimitExceeded", 400, "ResourceBusy"),
        ("InsufficientCapacityOnHost", 400, "ResourceBusy"),
        ("ConcurrentSnapshotLimitExceeded", 400, "ResourceBusy"),
        ("ConcurrentCreateImageNoRebootLimitExceeded", 400, "ResourceBusy"),
        ("ExecutionLimitExceeded", 400, "ResourceBusy"),
        ("ServiceLinkedRoleFailure", 400, "ResourceBusy"),
        ("EC2ThrottledException", 400, "RequestThrottled"),
        ("KMSInternalException", 400, "ServiceUnavailable"),
        ("Server.InsufficientInstanceCapacity", 400, "ResourceBusy"),
        ("Server.OfAKindYetUnknown", 400, "ServiceUnavailable"),
        ("OfAKindYetUnknown", 429, "RequestThrottled"),
        ("Client.UnauthorizedOperation", 403, "RequestRefused"),
        ("UnauthorizedOperation", 403, "RequestRefused"),
        ("AccessDenied", 403, "RequestRefused"),
        ("SnapshotLimitExceeded", 400, "RequestRefused"),
    ],
)
def test_an_error_of_awss_gets_its_name_and_keeps_its_code_and_words(
    code: str, status: int, name: str
) -> None:
    raised = raised_for(answer(code, status))
    assert type(raised).__name__ == name
    plain = code.rpartition(".")[2] if code.startswith(("Server.", "Client.")) else code
    assert all(part in str(raised) for part in ("StopInstances", plain, "in AWS's words"))


def test_every_other_error_stays_what_it_is() -> None:
    own, defect = errors.SourceNotFound("no instance"), KeyError("instanceId")
    assert raised_for(own) is own
    assert raised_for(defect) is defect


def test_an_answer_that_is_lost_is_service_unavailable(account: Account) -> None:
    account.faults({"service": "ec2", "action": "DescribeVpcs", "effect": "drop"})
    with pytest.raises(errors.ServiceUnavailable, match="no answer"), aws.named_errors():
        aws.client("ec2").describe_vpcs()


@pytest.mark.usefixtures("account")
def test_an_endpoint_that_nobody_listens_at_is_service_unavailable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    nobody = boto3.client("ec2", endpoint_url=url, config=ONCE)
    with pytest.raises(errors.ServiceUnavailable, match="no answer"), aws.named_errors():
        nobody.describe_vpcs()


def test_an_answer_that_is_cut_short_is_service_unavailable() -> None:
    error = ResponseParserError("Unable to parse response, invalid XML received")
    assert isinstance(raised_for(error), errors.ServiceUnavailable)


def test_a_call_without_client_token_is_sent_once(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "_READ_RETRIES", 3)
    account.faults({"service": "ec2", "action": "CreateSnapshots", "effect": "drop", "times": None})
    with pytest.raises(errors.ServiceUnavailable), aws.named_errors():
        aws.ec2_once().create_snapshots(InstanceSpecification={"InstanceId": "i-1"})
    assert len(account.calls("CreateSnapshots")) == 1


def test_one_call_with_all_of_its_attempts_fits_into_a_handlers_sixty_seconds() -> None:
    attempt = aws._CONNECT_SECONDS + aws._READ_SECONDS
    backoff = 1 + 2  # the SDK's standard mode: up to 2^(n-1) seconds before the second and the third attempt
    assert aws._READ_RETRIES * attempt + backoff < 60


@pytest.mark.usefixtures("account")
def test_a_client_is_made_once() -> None:
    assert aws.client("ec2") is aws.client("ec2")
