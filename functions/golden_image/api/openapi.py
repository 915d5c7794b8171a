"""The API's OpenAPI 3.1 document, made of input.schema.json and the routes."""

from __future__ import annotations

import json
from typing import Any

from golden_image.api.http import STATUS_OF_ERROR
from golden_image.api.runs import LONGEST_PAGE, STATUSES, USUAL_PAGE
from golden_image.model.approval import LONGEST_REASON
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
            "/groups/{name}/generations": _generations(),
            "/groups/{name}/go-back": _way_back(),
            "/refreshes/{name}/approve": _answer_of_people("approveRefresh", "Approve what a run waits for"),
            "/refreshes/{name}/reject": _answer_of_people("rejectRefresh", "Reject what a run waits for"),
            "/openapi.json": {"get": _route("getOpenapi", "This document", {"200": _DOCUMENT})},
        },
        "components": {"schemas": _schemas(), "securitySchemes": {"sigv4": _SIGV4}},
    }


def _start(operation: str, summary: str, body: str) -> dict[str, Any]:
    under_way = _answer("The run is under way.", "Refresh") | {"headers": {"Location": _LOCATION}}
    ended = _answer("The run that this key started, which has ended.", "Refresh")
    return {
        **_route(operation, summary, {"202": under_way, "200": ended}, 400, 409, 415),
        "parameters": [_IDEMPOTENCY_KEY],
        "requestBody": {"required": True, "content": _json(body)},
    }


def _all_runs() -> dict[str, Any]:
    start = _start("startRefresh", "Start a run", "RefreshInput")
    page = _route("listRefreshes", "List runs, newest first", {"200": _answer("A page.", "RefreshPage")}, 400)
    return {"post": start, "get": {**page, "parameters": _PAGE_PARAMETERS}}


def _one_run() -> dict[str, Any]:
    described, aborted = _answer("The run.", "Refresh"), _answer("The run is aborted.", "Refresh")
    return {
        "parameters": [_NAME],
        "get": _route("describeRefresh", "Describe a run", {"200": described}, 404),
        "delete": _route("stopRefresh", "Stop a run", {"202": aborted}, 404, 409),
    }


def _generations() -> dict[str, Any]:
    answers = {"200": _answer("A page.", "GenerationPage")}
    page = _route("listGenerations", "List the generations of a group, newest first", answers, 400, 404)
    without_status = [one for one in _PAGE_PARAMETERS if one["name"] != "status"]
    return {"parameters": [_GROUP], "get": {**page, "parameters": without_status}}


def _way_back() -> dict[str, Any]:
    start = _start("goBack", "Start a run that gives the group a generation again", "WayBackInput")
    return {"parameters": [_GROUP], "post": start}


def _answer_of_people(operation: str, summary: str) -> dict[str, Any]:
    taken = _answer("The answer was taken.", "Refresh")
    body = {"required": True, "content": _json("ApprovalAnswer")}
    route = _route(operation, summary, {"200": taken}, 400, 404, 409, 415)
    return {"parameters": [_NAME], "post": {**route, "requestBody": body}}


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
_NAME = {"name": "name", "in": "path", "required": True, "schema": _TEXT}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A repeated request with the same key and body answers with the same run, for 90 days.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
_LOCATION = {"description": "The URL of the run.", "schema": {"type": "string"}}
_GROUP = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "The name of the Auto Scaling group, percent-encoded.",
    "schema": {"type": "string"},
}
_PAGE_PARAMETERS = [
    {
        "name": "limit",
        "in": "query",
        "description": "The maximum number of entries in one page.",
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
        "goBackTo": {
            "type": ["integer", "string"],
            "description": "The generation that a way back asks for.",
        },
        "state": {"type": "string", "description": "The state that a run under way is in."},
        "progress": {
            "type": "string",
            "description": "The progress of the operation that the state waits for.",
            "examples": ["37%"],
        },
        "output": {"type": "object", "description": "The output of a run that succeeded."},
        "error": {"type": "string", "description": "The name of the error that ended the run."},
        "cause": {"type": "string", "description": "What was found, where, and what to do."},
        "approval": {**_reference("Approval"), "description": "What a run under way waits for."},
        "links": {"type": "object", "properties": {"self": _URL}, "required": ["self"]},
    }
    wrong_field = {"type": "object", "properties": {"field": _TEXT, "message": _TEXT}}
    error = {"error": _TEXT, "message": _TEXT, "fields": {"type": "array", "items": wrong_field}}
    runs = {"type": "array", "items": _reference("Refresh")}
    return {
        "RefreshInput": _input_schema(),
        "WayBackInput": _way_back_schema(),
        "Generation": _generation_schema(),
        "GenerationPage": _object(
            {"generations": {"type": "array", "items": _reference("Generation")}, "nextToken": _TEXT},
            ["generations"],
        ),
        "Refresh": _object(run, ["name", "executionArn", "status", "links"]),
        "Approval": _approval(),
        "ApprovalAnswer": {**_object(_ANSWER, ["reason"]), "additionalProperties": False},
        "RefreshPage": _object({"refreshes": runs, "nextToken": _TEXT}, ["refreshes"]),
        "Error": _object(error, ["error", "message"]),
    }


_REASON = {"type": "string", "minLength": 1, "maxLength": LONGEST_REASON}
_ANSWER = {
    "reason": {**_REASON, "description": "For the run's output, or the cause of its failure."},
    "at": {"type": "string", "description": "Answer only if the run waits for this approval, such as image."},
}


def _approval() -> dict[str, Any]:
    answer = {"at": _TEXT, "approved": {"type": "boolean"}, "by": _TEXT, "reason": _TEXT, "answeredAt": _TIME}
    question = {
        "at": {"type": "string", "examples": ["image", "checkpoint-50"]},
        "since": _TIME,
        "until": {**_TIME, "description": "The run is undone then if nobody has answered."},
        "changes": {"type": "array", "items": _TEXT, "description": "What is about to change."},
        "answer": _object(answer, list(answer)),
    }
    return _object(question, ["at", "since", "until", "changes"])


def _input_schema() -> dict[str, Any]:
    own_dialect = {key: value for key, value in schema().items() if key != "$schema"}
    moved = json.dumps(own_dialect).replace(
        "#/definitions/", "#/components/schemas/RefreshInput/definitions/"
    )
    return json.loads(moved)  # type: ignore[no-any-return]


def _way_back_schema() -> dict[str, Any]:
    """The input of a way back, but for its group, which the path names."""
    allowed = [one for one in schema()["then"]["propertyNames"]["enum"] if one != "autoScalingGroupName"]
    fields = {one: {"$ref": f"#/components/schemas/RefreshInput/properties/{one}"} for one in allowed}
    return {**_object(fields, ["goBackTo"]), "additionalProperties": False}


def _generation_schema() -> dict[str, Any]:
    number = {"type": "integer", "minimum": 1}
    image = {"id": _TEXT, "name": _TEXT, "snapshotIds": {"type": "array", "items": _TEXT}}
    template = {"id": _TEXT, "name": _TEXT, "version": number}
    version = {"type": ["string", "null"]}
    replaced = {
        "generation": {"type": ["integer", "null"]},
        "launchTemplateId": version,
        "launchTemplateVersion": version,
        "launchConfiguration": version,
    }
    fields = {
        "group": _TEXT,
        "number": number,
        "run": {"type": "string", "description": "The ARN of the run's execution."},
        "image": _object(image, list(image)),
        "launchTemplate": _object(template, list(template)),
        "sourceInstanceId": _TEXT,
        "startedBy": {"type": "string", "description": "The caller of the API, or the schedule."},
        "startedAt": _TIME,
        "committedAt": _TIME,
        "rollout": _TEXT,
        "replaced": {
            **_object(replaced, list(replaced)),
            "description": "What the group launched from before.",
        },
        "goesBackTo": {**number, "description": "The generation whose image and version it has."},
        "adopted": {"type": "boolean", "description": "Told by its version: no run has written it."},
    }
    required = ["group", "number", "run", "image", "launchTemplate", "committedAt", "adopted"]
    return _object(fields, required)


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
