"""API Gateway: the gateway responses of an imported API, and the path by which a request came."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from ministack import app
from ministack.services import apigateway_v1 as gateway

_IN_PATH = "_user_request_"
# The path of the request that is being answered, as it was sent.
_sent = ContextVar("sent", default="")


def install() -> None:
    """Put this module's functions around MiniStack's."""
    app._handle_execute_api_request = _handle_request
    gateway.handle_execute = _execute
    gateway._import_rest_api = _import_rest_api
    gateway._build_lambda_event_v1 = _build_event


_minis_handle_request = app._handle_execute_api_request
_minis_execute = gateway.handle_execute
_minis_import = gateway._import_rest_api
_minis_event = gateway._build_lambda_event_v1


async def _handle_request(*arguments: Any, **options: Any) -> Any:
    _sent.set(options.get("raw_path") or "")
    return await _minis_handle_request(*arguments, **options)


async def _execute(api_id: str, stage_name: str, method: str, path: str, *rest: Any) -> Any:
    """Route by the path as it was sent: MiniStack decodes it, and an encoded slash would part a parameter.

    A REST API hands it over as it was sent: https://github.com/middleapi/standard-server/pull/93
    """
    _, _, sent = _sent.get().partition(_IN_PATH)
    return await _minis_execute(api_id, stage_name, method, sent or path, *rest)


def _import_rest_api(spec: dict[str, Any], base_data: Any = None) -> str:
    """MiniStack takes gateway responses as resources alone; AWS takes them with the API's document, too.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.html
    """
    api_id: str = _minis_import(spec, base_data)
    for kind, response in spec.get("x-amazon-apigateway-gateway-responses", {}).items():
        status, _, body = gateway._put_gateway_response(api_id, kind, response)
        if status >= 400:
            raise ValueError(f"gateway response {kind} of {api_id}: {body!r}")
    return api_id


def _build_event(api_id: str, stage_name: str, *arguments: Any, **options: Any) -> dict[str, Any]:
    """An event whose path is the one that was asked for, as behind a custom domain with a base path.

    On this machine an API is reached at /restapis/{id}/{stage}/_user_request_, not at a host of its own.
    """
    event: dict[str, Any] = _minis_event(api_id, stage_name, *arguments, **options)
    context = event["requestContext"]
    context["path"] = f"/restapis/{api_id}/{stage_name}/{_IN_PATH}{event['path']}"
    event["headers"].setdefault("X-Forwarded-Proto", "http")
    return event
