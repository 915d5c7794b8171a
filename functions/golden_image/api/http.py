"""HTTP for the API's handlers: requests out of API Gateway's proxy events, answers and errors into JSON."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from golden_image.api.body import decoded
from golden_image.api.runs import LONGEST_PAGE, STATUSES, USUAL_PAGE
from golden_image.aws import make_clients, named_errors
from golden_image.errors import (
    AlreadyAnswered,
    FieldError,
    GoldenImageError,
    IdempotencyKeyReused,
    InvalidInput,
    NoGeneration,
    NotWaitingForApproval,
    RequestThrottled,
    ResourceBusy,
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
    NoGeneration: 404,
    RunOver: 409,
    NotWaitingForApproval: 409,
    AlreadyAnswered: 409,
    IdempotencyKeyReused: 409,
    UnsupportedMediaType: 415,
    RequestThrottled: 429,
    ResourceBusy: 503,
    ServiceUnavailable: 503,
}
_RETRY_AFTER_SECONDS = 5
_NUMBER = re.compile("[0-9]{1,3}")
_HOST = re.compile(r"[\w.-]+(:[0-9]+)?|\[[0-9a-fA-F:.]+\](:[0-9]+)?", re.ASCII)
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]*)", re.IGNORECASE)
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
    request_context: dict[str, Any] | None = None

    def url(self, path: str) -> str:
        """A path of the API as a URL that works where this request came from.

        The request's own host, and its own path less the route's, hold behind a stage, a custom domain with
        or without a base path, and a VPC endpoint. Without a host, as in a local invocation, it stays a path.
        """
        context = self.request_context or {}
        host, scheme = self.header("Host"), self.header("X-Forwarded-Proto")
        if not (host and _HOST.fullmatch(host)):
            host = context.get("domainName")
        depth = str(context.get("resourcePath", "")).count("/")
        parts = str(context.get("path", "")).rstrip("/").split("/")
        base = "/".join(parts[: len(parts) - depth])
        return f"{'http' if scheme == 'http' else 'https'}://{host}{base}{path}" if host else path

    def run_name(self) -> str:
        """The run of `/refreshes/{name}`; no name holds a percent sign, so decoding twice is harmless."""
        return unquote((self.path_parameters or {}).get("name", ""))

    def group_name(self) -> str:
        """The group of `/groups/{name}`, decoded once: a REST API hands it over as it was sent.

        A group's name may hold any character but a colon, such as a percent sign or a slash.
        """
        return unquote((self.path_parameters or {}).get("name", ""))

    def caller(self) -> str | None:
        """The ARN of who has signed the request, as API Gateway has verified it, or None."""
        return ((self.request_context or {}).get("identity") or {}).get("userArn")

    def header(self, name: str) -> str | None:
        """A header, whatever the case of its name."""
        headers = (self.headers or {}).items()
        return next((value for key, value in headers if key.lower() == name.lower()), None)

    def json_body(self) -> object:
        """The body, decoded.

        Raises:
            UnsupportedMediaType: the body is declared as something else than JSON in UTF-8.
            InvalidInput: it is not JSON.
        """
        declared = self.header("Content-Type") or "application/json"
        media_type = declared.split(";")[0].strip().lower()
        if media_type != "application/json":
            raise UnsupportedMediaType(f"the body's type is {media_type[:80]!r}; send application/json")
        charset = _CHARSET.search(declared)
        if charset and charset[1].lower() not in {"utf-8", "utf8", "us-ascii"}:
            raise UnsupportedMediaType(f"the body's charset is {charset[1][:80]!r}; send UTF-8")
        return decoded(self._text())

    def _text(self) -> str:
        if not self.is_base64_encoded:
            return self.body or ""
        try:
            return base64.b64decode(self.body or "", validate=True).decode()
        except UnicodeDecodeError:
            raise InvalidInput([FieldError("", "the body is not in UTF-8")]) from None
        except ValueError:
            raise InvalidInput([FieldError("", "the body is said to be base64, and is not")]) from None

    def page_query(self, *filters: str) -> dict[str, Any]:
        """The arguments of a page from the query string: limit, next_token and those of the filters stated.

        Args:
            filters: the other parameters that this list takes, of which there is `status`.

        Raises:
            InvalidInput: a parameter is unknown or has a wrong value.
        """
        query = self.query_string_parameters or {}
        known = ("limit", "nextToken", *filters)
        wrong = [
            FieldError(key, f"is not a parameter; known: {', '.join(known)}")
            for key in sorted(query.keys() - set(known))
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
        return {"limit": int(limit), "next_token": token, **({"status": status} if filters else {})}


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


def answer(status: int, content: object, **headers: str) -> Answer:
    """An answer for API Gateway; the content is anything that to_event takes."""
    text = json.dumps(to_event(content))
    return {"statusCode": status, "headers": {"Content-Type": "application/json", **headers}, "body": text}


def stated(value: object) -> dict[str, Any]:
    """A value's fields that apply."""
    return {key: part for key, part in to_event(value).items() if part is not None}


def linked(request: Request, run: Run) -> dict[str, Any]:
    """A run's fields that apply, and its URL."""
    return {**stated(run), "links": {"self": request.url(f"/refreshes/{quote(run.name, safe='')}")}}


def _failure(error: Exception, request_id: str) -> Answer:
    status = STATUS_OF_ERROR.get(type(error)) if isinstance(error, GoldenImageError) else None
    if status is None:
        logger.exception("request failed")
        message = f"The request failed on the server. Search the logs for its id, {request_id}."
        return answer(500, {"error": "InternalError", "message": message})
    told: dict[str, Any] = {"error": type(error).__name__, "message": str(error)}
    if isinstance(error, InvalidInput):
        told["fields"] = error.fields
    retry = {"Retry-After": str(_RETRY_AFTER_SECONDS)} if status in {429, 503} else {}
    return answer(status, told, **retry)
