"""HTTP for the API's handlers: requests out of API Gateway's proxy events, answers and errors into JSON."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from golden_image.api.runs import LONGEST_PAGE, STATUSES, USUAL_PAGE
from golden_image.aws import make_clients, named_errors
from golden_image.errors import (
    FieldError,
    GoldenImageError,
    IdempotencyKeyReused,
    InvalidInput,
    RequestThrottled,
    RunNotFound,
    RunOver,
    ServiceUnavailable,
    UnsupportedMediaType,
)
from golden_image.events import from_event, to_event
from golden_image.step import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from golden_image.api.executions import Run

Answer = dict[str, Any]

STATUS_OF_ERROR: dict[type[GoldenImageError], int] = {
    InvalidInput: 400,
    RunNotFound: 404,
    RunOver: 409,
    IdempotencyKeyReused: 409,
    UnsupportedMediaType: 415,
    RequestThrottled: 429,
    ServiceUnavailable: 503,
}
_RETRY_AFTER_SECONDS = 5
_NUMBER = re.compile("[0-9]{1,3}")
# ListExecutions' own limit.
_LONGEST_TOKEN = 1024


@dataclass(frozen=True)
class Request:
    """A request as API Gateway's proxy event has it; a part that the request lacks is None."""

    headers: dict[str, str] | None = None
    path_parameters: dict[str, str] | None = None
    query_string_parameters: dict[str, str] | None = None
    body: str | None = None
    is_base64_encoded: bool = False

    def run_name(self) -> str:
        """The run of `/refreshes/{name}`; no name holds a percent sign, so decoding twice is harmless."""
        return unquote((self.path_parameters or {}).get("name", ""))

    def header(self, name: str) -> str | None:
        """A header, whatever the case of its name."""
        headers = (self.headers or {}).items()
        return next((value for key, value in headers if key.lower() == name.lower()), None)

    def json_body(self) -> object:
        """The body, decoded.

        Raises:
            UnsupportedMediaType: the body is declared as something else than JSON.
            InvalidInput: it is not JSON.
        """
        media_type = (self.header("Content-Type") or "application/json").split(";")[0].strip().lower()
        if media_type != "application/json":
            raise UnsupportedMediaType(f"the body's type is {media_type[:80]!r}; send application/json")
        body = self.body or ""
        try:
            if self.is_base64_encoded:
                body = base64.b64decode(body, validate=True).decode()
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise InvalidInput([FieldError("", f"the body is not JSON: {str(error)[:200]}")]) from error

    def page_query(self) -> dict[str, Any]:
        """The arguments of runs.page from the query string.

        Raises:
            InvalidInput: a parameter is unknown or has a wrong value.
        """
        query = self.query_string_parameters or {}
        wrong = [
            FieldError(key, "is not a parameter; known: limit, nextToken, status")
            for key in sorted(query.keys() - {"limit", "nextToken", "status"})
        ]
        limit, status, token = (
            query.get("limit", str(USUAL_PAGE)),
            query.get("status"),
            query.get("nextToken"),
        )
        if not (_NUMBER.fullmatch(limit) and 1 <= int(limit) <= LONGEST_PAGE):
            wrong.append(
                FieldError("limit", f"must be a number from 1 to {LONGEST_PAGE}, found {limit[:80]!r}")
            )
        if status is not None and status not in STATUSES:
            wrong.append(FieldError("status", f"must be one of {', '.join(STATUSES)}, found {status[:80]!r}"))
        if token is not None and not 0 < len(token) <= _LONGEST_TOKEN:
            wrong.append(FieldError("nextToken", "was not returned by a page of this list"))
        if wrong:
            raise InvalidInput(wrong)
        return {"limit": int(limit), "next_token": token, "status": status}


def endpoint(route: Callable[[Request], Answer]) -> Callable[[object, Any], Answer]:
    """A Lambda handler behind API Gateway: every error becomes an answer, without a stack trace."""
    make_clients(route.__module__)

    @logger.inject_lambda_context
    @wraps(route)
    def handler(event: object, context: Any) -> Answer:
        try:
            with named_errors():
                reply = route(from_event(Request, event))
        except Exception as error:
            reply = _failure(error, context.aws_request_id)
        logger.info("answered", extra={**_asked(event), "status": reply["statusCode"]})
        return reply

    return handler


def _asked(event: object) -> dict[str, Any]:
    """The request and its caller, for the log."""
    if not isinstance(event, dict):
        return {}
    context = event.get("requestContext") or {}
    return {"path": event.get("path"), "caller": (context.get("identity") or {}).get("userArn")}


def answer(status: int, body: object, **headers: str) -> Answer:
    """An answer for API Gateway; the body is anything that to_event takes."""
    text = json.dumps(to_event(body))
    return {"statusCode": status, "headers": {"Content-Type": "application/json", **headers}, "body": text}


def linked(run: Run) -> dict[str, Any]:
    """A run's fields that apply, and its path under the API's URL."""
    fields = {key: value for key, value in to_event(run).items() if value is not None}
    return {**fields, "links": {"self": f"/refreshes/{quote(run.name, safe='')}"}}


def _failure(error: Exception, request_id: str) -> Answer:
    status = STATUS_OF_ERROR.get(type(error)) if isinstance(error, GoldenImageError) else None
    if status is None:
        logger.exception("request failed")
        message = f"The request failed on the server. Search the logs for its id, {request_id}."
        return answer(500, {"error": "InternalError", "message": message})
    body: dict[str, Any] = {"error": type(error).__name__, "message": str(error)}
    if isinstance(error, InvalidInput):
        body["fields"] = error.fields
    retry = {"Retry-After": str(_RETRY_AFTER_SECONDS)} if status in {429, 503} else {}
    return answer(status, body, **retry)
