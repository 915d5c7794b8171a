"""ClientToken: the same call again gets the same answer, another one with the same token an error.

Source: "Ensuring idempotency in Amazon EC2 API requests".
"""

import json

from sandbox.world.call import Call

TOKENED = {"CreateLaunchTemplate", "CreateLaunchTemplateVersion", "ModifyLaunchTemplate", "RunInstances"}
MISMATCH = (
    "IdempotentParameterMismatch",
    "The client token you have provided is associated with a resource that has different parameters.",
)


class Tokens:
    """The answers that were given under each token."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str, str], tuple[str, tuple[int, str, str]]] = {}

    def earlier(self, call: Call) -> tuple[int, str, str] | tuple[str, str] | None:
        """The answer that this call had before, the code and message of a mismatch, or nothing."""
        key = _key(call)
        if key is None or key not in self._answers:
            return None
        fingerprint, answer = self._answers[key]
        return answer if fingerprint == _fingerprint(call) else MISMATCH

    def keep(self, call: Call, answer: tuple[int, str, str]) -> None:
        """Remember a good answer."""
        key = _key(call)
        if key is not None and answer[0] == 200:
            self._answers[key] = (_fingerprint(call), answer)


def _key(call: Call) -> tuple[str, str, str] | None:
    token = call.params.get("ClientToken")
    if call.service != "ec2" or call.action not in TOKENED or not token or call.params.get("DryRun"):
        return None
    return call.region, call.action, token


def _fingerprint(call: Call) -> str:
    return json.dumps(sorted(call.form.items()))
