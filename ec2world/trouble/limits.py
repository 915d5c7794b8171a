"""AWS's limits on what a call may carry: those of botocore's models, and those that the models do not state.

Sources: "Tag restrictions" and "Ensuring idempotency" in the EC2 API Reference, "User data" in the EC2 User
Guide.
"""

import base64
import binascii
from collections.abc import Iterator
from itertools import chain
from typing import Any

from ec2world.trouble.constraints import broken_constraints
from ec2world.trouble.list_limits import too_many
from ec2world.wire.call import Call

TAG_KEY, TAG_VALUE, TAGS = 128, 256, 50
USER_DATA_BYTES = 16_384
DESCRIPTION = 255
# Characters of a ClientToken by action; 128 for the others.
TOKENS = {"RunInstances": 64}


def exceeded_limit(call: Call) -> tuple[str, str] | None:
    """The code and message for a call that carries too much, if it does."""
    own = chain(_refusals(call), too_many(call)) if call.service in ("ec2", "autoscaling") else ()
    return next(chain(own, broken_constraints(call)), None)


def _refusals(call: Call) -> Iterator[tuple[str, str]]:
    wrong = "InvalidParameterValue"
    token = str(call.params.get("ClientToken", ""))
    limit = TOKENS.get(call.action, 128)
    if len(token) > limit or not token.isascii():
        yield wrong, f"ClientToken is limited to {limit} ASCII characters."
    for tags in _tag_lists(call.params):
        if len(tags) > TAGS:
            yield "TagLimitExceeded", f"More than {TAGS} tags specified."
        yield from ((wrong, refusal) for refusal in map(_refused_tag, tags) if refusal)
    if any(len(one) > DESCRIPTION for one in _texts(call.params, "VersionDescription", "Description")):
        yield wrong, f"A description is limited to {DESCRIPTION} characters."
    if any(_decoded_length(one) > USER_DATA_BYTES for one in _texts(call.params, "UserData")):
        yield wrong, f"User data is limited to {USER_DATA_BYTES} bytes."


def _refused_tag(tag: dict[str, Any]) -> str | None:
    key, value = str(tag.get("Key", "")), str(tag.get("Value") or "")
    if not 1 <= len(key) <= TAG_KEY:
        return f"Tag keys have 1 to {TAG_KEY} characters: {key!r}"
    if key.lower().startswith("aws:"):
        return f"Tag keys starting with 'aws:' are reserved for internal use: {key!r}"
    if len(value) > TAG_VALUE:
        return f"Tag values have at most {TAG_VALUE} characters: that of {key!r} has {len(value)}"
    return None


def _tag_lists(value: Any) -> Iterator[list[dict[str, Any]]]:
    if isinstance(value, dict):
        for key, one in value.items():
            if key == "Tags" and isinstance(one, list):
                yield one
            else:
                yield from _tag_lists(one)
    elif isinstance(value, list):
        for one in value:
            yield from _tag_lists(one)


def _texts(params: dict[str, Any], *names: str) -> Iterator[str]:
    for holder in (params, params.get("LaunchTemplateData", {})):
        for name in names:
            if isinstance(holder.get(name), str):
                yield holder[name]


def _decoded_length(text: str) -> int:
    try:
        return len(base64.b64decode(text))
    except binascii.Error:
        return 0
