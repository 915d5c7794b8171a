"""What somebody else does in the moment that a rule picks: a person, a scaling policy, a backup tool.

An act is a call of EC2's, Auto Scaling's or CloudWatch's API, made as `SOMEBODY`. One with `each` is made for
each of EC2's resources that has a tag: in its parameters `$id` is then the resource, `$tags` all of its tags.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from botocore.serialize import create_serializer
from moto.core.utils import get_service_model

from ec2world.wire.call import Call, Request, parse_call

SOMEBODY = "somebody"
Tagged = Callable[[dict[str, str]], dict[str, dict[str, str]]]
SERVICES = ("ec2", "autoscaling", "cloudwatch")
_FORMS = ("ec2", "query")
_KEYS = {"service", "action", "params", "each"}
_EACH = {"resource", "key", "value"}


class WrongAct(ValueError):
    """An act that says something impossible."""


@dataclass(frozen=True)
class Act:
    """One call; `each` is the resource type, the key and the value of a tag, all of them texts."""

    service: str
    action: str
    params: dict[str, Any]
    each: dict[str, str] | None = None

    def calls(self, tagged: "Tagged", region: str, trace: str) -> Iterator[Call]:
        """The calls to make now.

        Args:
            tagged: answers the tags of each resource that an `each` is about, by its id.
            region: the world's.
            trace: the trace that the calls are recorded in.
        """
        if self.each is None:
            yield self._call(self.params, region, trace)
            return
        for resource_id, tags in tagged(self.each).items():
            values = {"$id": resource_id, "$tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
            yield self._call(_filled(self.params, values), region, trace)

    def _call(self, params: dict[str, Any], region: str, trace: str) -> Call:
        model = get_service_model(self.service)
        scope = f"{SOMEBODY}/20261122/{region}/{model.signing_name}/aws4_request"
        headers = {
            "authorization": f"AWS4-HMAC-SHA256 Credential={scope}",
            "x-amzn-trace-id": f"Root={trace}",
        }
        if model.protocol in _FORMS:
            serializer = create_serializer(model.protocol, include_validation=False)
            form = serializer.serialize_to_request(params, model.operation_model(self.action))["body"]
            headers["content-type"] = "application/x-www-form-urlencoded"
            body = urlencode(form)
        else:
            headers["content-type"] = "application/x-amz-json-1.0"
            headers["x-amz-target"] = f"{model.metadata['targetPrefix']}.{self.action}"
            body = json.dumps(params)
        request = Request("POST", "/", headers, body.encode())
        return parse_call(request, identities={}, default_region=region)


def parse_act(given: Any) -> Act:
    """An act from JSON; WrongAct says what is wrong with it."""
    if not isinstance(given, dict) or not set(given) <= _KEYS:
        raise WrongAct(f"an act has the keys {', '.join(sorted(_KEYS))}, not {given!r}")
    act = Act(given.get("service", ""), given.get("action", ""), given.get("params", {}), given.get("each"))
    if act.service not in SERVICES or act.action not in get_service_model(act.service).operation_names:
        raise WrongAct(f"an act is a call of {', '.join(SERVICES)}, not {act.service}.{act.action}")
    if not isinstance(act.params, dict):
        raise WrongAct(f"the params of an act are a JSON object, not {act.params!r}")
    shape = get_service_model(act.service).operation_model(act.action).input_shape
    if unknown := set(act.params) - set(shape.members if shape else ()):
        raise WrongAct(f"{act.action} has no parameter {', '.join(sorted(unknown))}")
    if act.each is not None and (not isinstance(act.each, dict) or set(act.each) != _EACH):
        raise WrongAct(f"each has the keys {', '.join(sorted(_EACH))}, not {act.each!r}")
    return act


def _filled(value: Any, values: dict[str, Any]) -> Any:
    """The value with each placeholder in it replaced; one that is a list joins the list that it stands in."""
    if isinstance(value, dict):
        return {key: _filled(one, values) for key, one in value.items()}
    if isinstance(value, list):
        return [
            whole for one in value for whole in (values[one] if one == "$tags" else [_filled(one, values)])
        ]
    return values.get(value, value) if isinstance(value, str) else value
