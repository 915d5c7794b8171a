"""The API's OpenAPI 3.1 document, made of input.schema.json and the routes."""

from __future__ import annotations

import json
from typing import Any

from golden_image.api.http import STATUS_OF_ERROR
from golden_image.api.runs import LONGEST_PAGE, STATUSES, USUAL_PAGE
from golden_image.run.input_schema import schema

# What API Gateway answers before or instead of a function.
_OF_GATEWAY = {
    403: "Forbidden, from API Gateway: not signed, not allowed, or no such route",
    413: "RequestTooLarge, from API Gateway: the body is larger than it takes",
    504: "ServiceUnavailable, from API Gateway: the function did not answer in time",
}
_TEXT = {"type": "string"}
_TIME = {"type": "string", "format": "date-time"}
_URL = {"type": "string", "format": "uri", "description": "The URL of this run."}


def document() -> dict[str, Any]:
    """The answer of `GET /openapi.json`."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Golden image refresh", "version": "1"},
        # Relative to where the document is served: right behind a stage and behind a custom domain.
        "servers": [{"url": "."}],
        "security": [{"sigv4": []}],
        "paths": {
            "/refreshes": _all_runs(),
            "/refreshes/{name}": _one_run(),
            "/openapi.json": {"get": _route("getOpenapi", "This document", {"200": _DOCUMENT})},
        },
        "components": {"schemas": _schemas(), "securitySchemes": {"sigv4": _SIGV4}},
    }


def _all_runs() -> dict[str, Any]:
    under_way = _answer("The run is under way.", "Refresh") | {"headers": {"Location": _LOCATION}}
    ended = _answer("The run that this key started, which has ended.", "Refresh")
    start = {
        **_route("startRefresh", "Start a run", {"202": under_way, "200": ended}, 400, 409, 415),
        "parameters": [_IDEMPOTENCY_KEY],
        "requestBody": {"required": True, "content": _json("RefreshInput")},
    }
    page = _route("listRefreshes", "List runs, newest first", {"200": _answer("A page.", "RefreshPage")}, 400)
    return {"post": start, "get": {**page, "parameters": _PAGE_PARAMETERS}}


def _one_run() -> dict[str, Any]:
    described, aborted = _answer("The run.", "Refresh"), _answer("The run is aborted.", "Refresh")
    return {
        "parameters": [{"name": "name", "in": "path", "required": True, "schema": _TEXT}],
        "get": _route("describeRefresh", "Describe a run", {"200": described}, 404),
        "delete": _route("stopRefresh", "Stop a run", {"202": aborted}, 404, 409),
    }


def _route(operation: str, summary: str, answers: dict[str, Any], *errors: int) -> dict[str, Any]:
    return {"operationId": operation, "summary": summary, "responses": {**answers, **_errors(*errors)}}


_DOCUMENT = {"description": "This document.", "content": {"application/json": {"schema": {"type": "object"}}}}
_SIGV4 = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "AWS Signature Version 4 for execute-api; the caller needs execute-api:Invoke.",
    "x-amazon-apigateway-authtype": "awsSigv4",
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A repeated request with the same key and body answers with the same run, for 90 days.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
_LOCATION = {"description": "The URL of the run.", "schema": {"type": "string"}}
_PAGE_PARAMETERS = [
    {
        "name": "limit",
        "in": "query",
        "description": "The maximum number of runs in one page.",
        "schema": {"type": "integer", "minimum": 1, "maximum": LONGEST_PAGE, "default": USUAL_PAGE},
    },
    {
        "name": "nextToken",
        "in": "query",
        "description": "From the previous page; valid for 24 hours, with the same limit and status.",
        "schema": _TEXT,
    },
    {
        "name": "status",
        "in": "query",
        "description": "List only runs with this status.",
        "schema": {"type": "string", "enum": list(STATUSES)},
    },
]


def _schemas() -> dict[str, Any]:
    run = {
        "name": _TEXT,
        "executionArn": _TEXT,
        "status": {"type": "string", "enum": list(STATUSES)},
        "startedAt": _TIME,
        "stoppedAt": _TIME,
        "sourceInstanceId": _TEXT,
        "autoScalingGroupName": _TEXT,
        "state": {"type": "string", "description": "The state that a run under way is in."},
        "progress": {
            "type": "string",
            "description": "The progress of the operation that the state waits for.",
            "examples": ["37%"],
        },
        "output": {"type": "object", "description": "The output of a run that succeeded."},
        "error": {"type": "string", "description": "The name of the error that ended the run."},
        "cause": {"type": "string", "description": "What was found, where, and what to do."},
        "links": {"type": "object", "properties": {"self": _URL}, "required": ["self"]},
    }
    wrong_field = {"type": "object", "properties": {"field": _TEXT, "message": _TEXT}}
    error = {"error": _TEXT, "message": _TEXT, "fields": {"type": "array", "items": wrong_field}}
    runs = {"type": "array", "items": _reference("Refresh")}
    return {
        "RefreshInput": _input_schema(),
        "Refresh": _object(run, ["name", "executionArn", "status", "links"]),
        "RefreshPage": _object({"refreshes": runs, "nextToken": _TEXT}, ["refreshes"]),
        "Error": _object(error, ["error", "message"]),
    }


def _input_schema() -> dict[str, Any]:
    own_dialect = {key: value for key, value in schema().items() if key != "$schema"}
    moved = json.dumps(own_dialect).replace(
        "#/definitions/", "#/components/schemas/RefreshInput/definitions/"
    )
    return json.loads(moved)  # type: ignore[no-any-return]


def _errors(*statuses: int) -> dict[str, Any]:
    """The error answers of a route, with the errors of each status by name."""
    errors = {str(status): _answer(description, "Error") for status, description in _OF_GATEWAY.items()}
    for status in sorted({*statuses, 429, 503}):
        names = [kind.__name__ for kind, its_status in STATUS_OF_ERROR.items() if its_status == status]
        errors[str(status)] = _answer(" or ".join(names), "Error")
    return dict(sorted({**errors, "500": _answer("InternalError", "Error")}.items()))


def _answer(description: str, kind: str) -> dict[str, Any]:
    return {"description": description, "content": _json(kind)}


def _json(kind: str) -> dict[str, Any]:
    return {"application/json": {"schema": _reference(kind)}}


def _reference(kind: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{kind}"}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required}
