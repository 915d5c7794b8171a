"""AWS's clients, made once for each execution environment, and AWS's errors turned into named ones."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, ParamValidationError
from botocore.exceptions import ConnectionError as NoConnection
from botocore.loaders import Loader
from botocore.parsers import ResponseParserError
from botocore.session import Session

from golden_image import error_codes, redaction
from golden_image.errors import RequestRefused, RequestThrottled, ResourceBusy, ServiceUnavailable, TryAgain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient

# botocore's data for the calls of this code, trimmed by the build; the source tree has none.
_MODELS = Path(__file__).parent.parent / "models"
# A handler's Lambda time-out is 60 s: these leave room for all attempts of one call.
_CONNECT_SECONDS = 3
_READ_SECONDS = 10
_READ_RETRIES = 3
# What IAM's refusals are called.
DENIED = {"AccessDenied", "UnauthorizedOperation"}
# What EC2 answers where it knows no such launch template, or no such version of it.
NO_TEMPLATE = {"InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateName.NotFoundException"}
NO_VERSION = "InvalidLaunchTemplateId.VersionNotFound"
# Auto Scaling's words for an update of what a refresh with a desired configuration is to give a group.
_REFRESHED = "An active instance refresh with a desired configuration exists"
# A request of EC2's takes so many values of filters.
MOST_VALUES = 200


@overload
def client(service: Literal["ec2"]) -> EC2Client: ...
@overload
def client(service: Literal["autoscaling"]) -> AutoScalingClient: ...
@overload
def client(service: Literal["cloudwatch"]) -> CloudWatchClient: ...
@overload
def client(service: Literal["dynamodb"]) -> DynamoDBClient: ...
@overload
def client(service: Literal["elbv2"]) -> ElasticLoadBalancingv2Client: ...
@overload
def client(service: Literal["iam"]) -> IAMClient: ...
@overload
def client(service: Literal["kms"]) -> KMSClient: ...
@overload
def client(service: Literal["sns"]) -> SNSClient: ...
@overload
def client(service: Literal["ssm"]) -> SSMClient: ...
@overload
def client(service: Literal["stepfunctions"]) -> SFNClient: ...
def client(service: str) -> Any:
    """The client of a service for reads and for writes that are safe to send twice."""
    return _client(service, _READ_RETRIES)


def ec2_once() -> EC2Client:
    """An EC2 client that sends each request once.

    For CreateSnapshots and CreateImage, which take no ClientToken: the SDK would answer a lost reply with a
    second set of resources, while a retry by the workflow first looks for what the lost try made.
    """
    return _client("ec2", 1)  # type: ignore[no-any-return]


def ssm_once() -> SSMClient:
    """A client of Systems Manager that sends each request once: SendCommand takes no ClientToken."""
    return _client("ssm", 1)  # type: ignore[no-any-return]


@lru_cache
def _client(service: str, attempts: int) -> Any:
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    made = _session().create_client(service, config=config)
    redaction.guard(made)
    return made


@cache
def _session() -> Session:
    session = Session()
    if _MODELS.is_dir():
        session.register_component("data_loader", Loader([str(_MODELS)], include_default_search_paths=False))
    return session


def make_clients(handler: str) -> None:
    """Make the clients of a handler's module, such as `handlers.stop_source`, as the build found them.

    While Lambda starts a function it gives it a whole processor, later a part by its memory. In the source
    tree, which knows of no clients, they are made when they are needed.
    """
    if _MODELS.is_dir():
        for name in json.loads((_MODELS / "clients.json").read_text(encoding="utf-8"))[handler]:
            service = name.removesuffix("_once")
            _client(service, _READ_RETRIES if service == name else 1)


def code(error: ClientError) -> str:
    """AWS's error code, such as `InvalidAMIName.Duplicate`; EC2 writes some with `Client.` or `Server.`."""
    return error.response["Error"]["Code"].removeprefix("Client.").removeprefix("Server.")


def temporary(error: ClientError) -> bool:
    """Whether the same call may succeed later, by itself."""
    return issubclass(_named(error), TryAgain)


def unanswered(error: ClientError) -> bool:
    """Whether AWS has not judged the call: it was throttled, or the service had no answer."""
    return issubclass(_named(error), RequestThrottled | ServiceUnavailable)


def _named(error: ClientError) -> type[TryAgain | RequestRefused]:
    by_server = error.response["Error"]["Code"].startswith("Server.")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if _REFRESHED in error.response["Error"].get("Message", ""):
        return ResourceBusy  # a ValidationError, which passes with the refresh
    return error_codes.named(code(error), max(status, 500) if by_server else status)


@contextmanager
def named_errors() -> Iterator[None]:
    """Raise AWS's errors under the names that the state machine knows.

    Raises:
        RequestThrottled, ServiceUnavailable, ResourceBusy: worth another try by the workflow.
        RequestRefused: final; the message has AWS's own code and message.
    """
    try:
        yield
    except ClientError as error:
        kind = _named(error)
        message = f"{error.operation_name}: {code(error)}: {error.response['Error'].get('Message', '')}"
        if issubclass(kind, TryAgain):
            raise kind(message) from error
        raise kind(f"AWS refused {message} {error_codes.advice(code(error))}".rstrip()) from error
    except (HTTPClientError, NoConnection) as error:
        raise ServiceUnavailable(f"no answer from AWS: {error}") from error
    # botocore's messages quote what was sent and answered, which may hold user data: no log may have them.
    except ResponseParserError:
        raise ServiceUnavailable("no answer from AWS that can be read: it was cut short") from None
    except ParamValidationError as error:
        raise RequestRefused(f"AWS would not accept the call: {_wrong_parameters(error)}") from None
    except UnicodeEncodeError:
        raise RequestRefused("AWS would not accept the call: a text has an unpaired surrogate") from None


def _wrong_parameters(error: ParamValidationError) -> str:
    """What botocore found, without the values that it quotes."""
    return "; ".join(re.findall(r"(?m)^[A-Z][a-z ]+ parameter (?:in )?[\w.\[\]]+", error.kwargs["report"]))
