"""How many members the lists of a call may have, as the service's model or its documentation says."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.loaders import Loader
from botocore.model import ServiceModel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ec2world.wire.call import Call

_SAID = re.compile(r"up to (\d+) (?!characters)|maximum number allowed is (\d+)")
# "The maximum number of filter values you can specify in a request": Using_Filtering in the EC2 User Guide.
FILTER_VALUES = 200


def too_many(call: Call) -> Iterator[tuple[str, str]]:
    """The code and message for each list of a call that is too long."""
    if call.service not in ("ec2", "autoscaling"):
        return
    for name, value in call.params.items():
        most = longest(call.service, call.action, name) if isinstance(value, list) else None
        if most and len(value) > most:
            code = "ValidationError" if call.service == "autoscaling" else "InvalidParameterValue"
            yield code, f"{name} has {len(value)} members; {call.action} takes up to {most}."
    if call.service == "ec2" and _filter_values(call.params) > FILTER_VALUES:
        yield "FilterLimitExceeded", "The maximum number of filter values specified on a single call is 200"


@cache
def longest(service: str, action: str, parameter: str) -> int | None:
    """The longest list that a parameter takes; None where AWS states no limit."""
    shape = _model(service).operation_model(action).input_shape
    member = shape.members.get(parameter) if shape else None
    if member is None or member.type_name != "list":
        return None
    said = _SAID.search(re.sub("<[^>]+>", "", member.documentation))
    return member.metadata.get("max") or (int(said[1] or said[2]) if said else None)


@cache
def _model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def _filter_values(params: dict[str, Any]) -> int:
    filters = params.get("Filters") or []
    return sum(len(one.get("Values", [])) for one in filters if isinstance(one, dict))
