"""Requests to the API's handlers as API Gateway hands them over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.stub import Stubber
from jsonschema import Draft202012Validator
from moto.core import DEFAULT_ACCOUNT_ID
from moto.stepfunctions.models import stepfunctions_backends

from golden_image import aws
from golden_image.api.openapi import document
from tests.unit.account import REGION

if TYPE_CHECKING:
    from moto.stepfunctions.models import Execution


def proxy_event(name: str) -> dict[str, Any]:
    """An event of events/api."""
    return json.loads(Path(f"events/api/{name}.json").read_text())  # type: ignore[no-any-return]


def local_event(name: str) -> dict[str, Any]:
    """An event of events for `sam local invoke`."""
    return json.loads(Path(f"events/{name}.json").read_text())  # type: ignore[no-any-return]


def body_of(answer: dict[str, Any], kind: str) -> Any:
    """The answer's body, which has to be what the OpenAPI document says of `kind`."""
    body = json.loads(answer["body"])
    components = document()["components"]
    reference = {"$ref": f"#/components/schemas/{kind}", "components": components}
    Draft202012Validator(reference).validate(body)
    return body


def throttled(operation: str) -> Stubber:
    """Step Functions answers that one call of the operation comes too fast."""
    stubber = Stubber(aws.client("stepfunctions"))
    stubber.add_client_error(operation, "ThrottlingException", "Rate exceeded", 400)
    return stubber


def executions() -> list[Execution]:
    """The runs that moto keeps, oldest first."""
    return stepfunctions_backends[DEFAULT_ACCOUNT_ID][REGION].state_machines[0].executions  # type: ignore


def end(name: str, status: str, **outcome: str) -> None:
    execution = next(execution for execution in executions() if execution.name == name)
    execution.status, execution.stop_date = status, execution.start_date
    for field, value in outcome.items():
        setattr(execution, field, value)
