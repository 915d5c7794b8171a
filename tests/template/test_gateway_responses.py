"""What API Gateway itself refuses has the API's shape, and says what to do."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from golden_image.api.openapi import document
from tests.docs.markdown import page, rows
from tools.project import template

API = template()["Resources"]["RefreshApi"]["Properties"]
RESPONSES: dict[str, dict[str, Any]] = API["GatewayResponses"]
TEXTS = {
    "$context.error.messageString": '"Missing Authentication Token"',
    "$context.error.responseType": "THROTTLED",
    "$context.requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
}


def body_of(kind: str) -> dict[str, str]:
    text: str = RESPONSES[kind]["ResponseTemplates"]["application/json"]
    for variable, value in TEXTS.items():
        text = text.replace(variable, value)
    assert "$" not in text
    body: dict[str, str] = json.loads(text)
    return body


@pytest.mark.parametrize("kind", RESPONSES)
def test_a_refusal_of_api_gateway_has_the_shape_of_an_error(kind: str) -> None:
    body = body_of(kind)
    assert body.keys() == document()["components"]["schemas"]["Error"]["properties"].keys() - {"fields"}
    assert all(body.values())
    told = page("docs/reference/api.md").section("## Errors of every request")
    assert f"`{body['error']}`" in {row[1] for row in rows(told)}


def test_every_kind_of_refusal_has_its_status_unchanged() -> None:
    known = boto3.client("apigateway", "us-east-1").meta.service_model.shape_for("GatewayResponseType").enum
    assert RESPONSES.keys() <= set(known)
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= RESPONSES.keys()
    assert all("StatusCode" not in response for response in RESPONSES.values())


def test_whoever_is_to_come_back_is_told_when() -> None:
    again = {
        kind for kind in RESPONSES if body_of(kind)["error"] in {"RequestThrottled", "ServiceUnavailable"}
    }
    assert again == {kind for kind, one in RESPONSES.items() if "ResponseParameters" in one}


def test_a_request_without_a_route_is_told_the_routes() -> None:
    routes = {
        f"{method.upper()} {path}"
        for path, methods in document()["paths"].items()
        for method in methods.keys() - {"parameters"}
    }
    message = body_of("MISSING_AUTHENTICATION_TOKEN")["message"]
    assert set(message.partition("The routes are ")[2].rstrip(".").split(", ")) == routes
