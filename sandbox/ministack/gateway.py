"""API Gateway: the gateway responses of an imported API, and the path by which a request came."""

from __future__ import annotations

from typing import Any

from ministack.services import apigateway_v1 as gateway


def install() -> None:
    """Put this module's functions around MiniStack's."""
    gateway._import_rest_api = _import_rest_api
    gateway._build_lambda_event_v1 = _build_event


_minis_import = gateway._import_rest_api
_minis_event = gateway._build_lambda_event_v1


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
    context["path"] = f"/restapis/{api_id}/{stage_name}/_user_request_{event['path']}"
    event["headers"].setdefault("X-Forwarded-Proto", "http")
    return event
