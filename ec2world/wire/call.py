"""One call as it came in: which service and action, with which parameters, made by whom."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from botocore.exceptions import UnknownServiceError
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.utils import get_service_model

from ec2world.wire.trace import root_in

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/(\d+)/([^/]+)/([^/]+)/aws4_request")
_APP_ID = re.compile(r"\bapp/(\S+)")
# Where a service signs under another name than its own.
_SIGNED_AS = {"states": "stepfunctions", "monitoring": "cloudwatch"}
# Two services sign under one name; the version tells them apart.
_LOAD_BALANCING = {"2015-12-01": "elbv2", "2012-06-01": "elb"}
_SERVICE_OF_VERSION = {"2016-11-15": "ec2", "2011-01-01": "autoscaling"}


class MalformedCall(ValueError):
    """Parameters that are not what the action's model says."""


@dataclass(frozen=True)
class Request:
    """An HTTP request; header names are lower-case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Call:
    """A parsed call.

    `params` is shaped as botocore shapes it, with enough parsed to compare and record; `form` is flat, as
    sent. `operation` is botocore's model of the action, None where the action is unknown. `trace` is the root
    of the X-Ray trace that the call belongs to.
    """

    request: Request
    service: str
    action: str
    region: str
    role: str
    protocol: str
    operation: Any
    trace: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)

    @property
    def is_read(self) -> bool:
        """Whether the call only looks."""
        return self.action.startswith(("Describe", "Get", "List"))


def parse_call(request: Request, *, identities: dict[str, str], default_region: str) -> Call:
    """Read a call from an HTTP request; `identities` maps access key ids to the names of roles.

    Raises MalformedCall.
    """
    headers, body = request.headers, request.body
    query = request.path.partition("?")[2]
    is_form = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    form = dict(parse_qsl(body.decode() if is_form else query, keep_blank_values=True))
    access_key, region, service = "", default_region, _SERVICE_OF_VERSION.get(form.get("Version", ""), "")
    if match := _CREDENTIAL.search(headers.get("authorization", "")):
        access_key, _, region, service = match.groups()
        service = _SIGNED_AS.get(service, service)
        if service == "elasticloadbalancing":
            service = _LOAD_BALANCING.get(form.get("Version", ""), service)
    action = form.get("Action") or headers.get("x-amz-target", "").rpartition(".")[2]
    operation, protocol = operation_of(service, action)
    return Call(
        request=request,
        service=service,
        action=action,
        region=region,
        role=_role(access_key, headers.get("user-agent", ""), identities),
        protocol=protocol,
        operation=operation,
        trace=root_in(headers.get("x-amzn-trace-id", "")),
        params=_params(operation, protocol, form, body),
        form=form,
    )


def operation_of(service: str, action: str) -> tuple[Any, str]:
    """botocore's model of an action, None where it is unknown, and the service's protocol."""
    try:
        model = get_service_model(service)
    except (UnknownServiceError, ValueError):
        return None, "json"
    operation = model.operation_model(action) if action in model.operation_names else None
    return operation, str(model.protocol)


def _role(access_key: str, user_agent: str, identities: dict[str, str]) -> str:
    if access_key in identities:
        return identities[access_key]
    app = _APP_ID.search(user_agent)
    return app.group(1) if app else access_key


def _params(operation: Any, protocol: str, form: dict[str, str], body: bytes) -> dict[str, Any]:
    if operation is None:
        return {name: value for name, value in form.items() if name not in ("Action", "Version")}
    try:
        if protocol in ("ec2", "query"):
            return dict(PROTOCOL_PARSERS[protocol](operation, map_type=dict).parse({"values": form}))
        parsed = json.loads(body) if body else {}
    except ValueError as error:
        raise MalformedCall(str(error)) from error
    return parsed if isinstance(parsed, dict) else {}
