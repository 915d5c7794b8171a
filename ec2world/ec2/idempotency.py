"""ClientToken: the same call again gets the same answer, another one with the same token an error.

Sources: "Ensuring idempotency in Amazon EC2 API requests", "Error codes for the Amazon EC2 API".
"""

import json
import re
from collections.abc import Callable
from typing import Any

from ec2world.wire.call import Call

TOKENED = {
    "CopyImage",
    "CreateLaunchTemplate",
    "CreateLaunchTemplateVersion",
    "ModifyLaunchTemplate",
    "RunInstances",
}
MISMATCH = (
    "IdempotentParameterMismatch",
    "The client token you have provided is associated with a resource that has different parameters.",
)
TERMINATED = (
    "IdempotentInstanceTerminated",
    "The client token you have provided is associated with an instance that has been terminated.",
)
_LAUNCHED = re.compile("<instanceId>(i-[0-9a-f]+)</instanceId>")


class Tokens:
    """The good answers that were given under each token."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str, str], tuple[str, str, str]] = {}

    def contradicts(self, call: Call) -> bool:
        """Whether another call was answered under this call's token."""
        known = self._answers.get(_key(call) or ("", "", ""))
        return known is not None and known[0] != _fingerprint(call)

    def launched_what_is_gone(self, call: Call, find: Callable[[str], Any]) -> bool:
        """Whether this call's token has launched instances that are all terminated; `find` looks one up."""
        known = self._answers.get(_key(call) or ("", "", ""))
        if known is None or call.action != "RunInstances":
            return False
        found = [find(one) for one in _LAUNCHED.findall(known[1])]
        return all(one is None or one.state == "terminated" for one in found)

    def earlier_body(self, call: Call, request_id: str) -> str | None:
        """The body that this call was answered with before, under the id of this request."""
        known = self._answers.get(_key(call) or ("", "", ""))
        return known[1].replace(known[2], request_id) if known is not None else None

    def keep(self, call: Call, body: str, request_id: str) -> None:
        """Remember a good answer."""
        key = _key(call)
        if key is not None:
            self._answers[key] = (_fingerprint(call), body, request_id)


def _key(call: Call) -> tuple[str, str, str] | None:
    token = call.params.get("ClientToken")
    if call.service != "ec2" or call.action not in TOKENED or not token or call.params.get("DryRun"):
        return None
    return call.region, call.action, token


def _fingerprint(call: Call) -> str:
    return json.dumps(sorted(call.form.items()))
