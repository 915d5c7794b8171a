"""The stack's REST API, by signed requests: it knows who calls."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golden_image_cli.problems import AWS_REFUSED, WRONG_CALL, Problem

if TYPE_CHECKING:
    from golden_image_cli.stack import Stack

_TRIES, _PAUSE_SECONDS = 4, 1.0
# What the API, or what is before it, says where the same request may be answered a little later.
_PASSING = {429, 500, 502, 503, 504}
_FORBIDDEN = 403


class Refusal(Problem):
    """The API's own refusal.

    Attributes:
        error: its name, such as `AlreadyAnswered`.
        lost: the answer of an earlier try was lost, so what is refused may be done already.
    """

    def __init__(self, error: str, message: str, status: int, *, lost: bool) -> None:
        passing = status in _PASSING or status == _FORBIDDEN
        super().__init__(f"{error}: {message}", AWS_REFUSED if passing else WRONG_CALL)
        self.error = error
        self.lost = lost


@dataclass(frozen=True)
class _Answer:
    status: int
    content: Any


def call(stack: Stack, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """The API's answer to a request, which is sent again where the answer is lost or the API is busy.

    Args:
        path: such as `/refreshes/web-1`, percent-encoded.

    Raises:
        Refusal: the API refused.
        BotoCoreError: it could not be reached, each time; it may have done what was asked.
    """
    from golden_image_cli.refusals import no_answer  # noqa: PLC0415 - imports botocore, as a client has

    lost = False
    for left in reversed(range(_TRIES)):
        try:
            answer = _send(stack, method, path, body)
        except Exception as failure:
            lost = True
            if not left or not no_answer(failure):
                raise
        else:
            if answer.status < 300:
                return answer.content
            if answer.status not in _PASSING or not left:
                told = answer.content if isinstance(answer.content, dict) else {}
                error = told.get("error") or f"HTTP {answer.status}"
                raise Refusal(error, told.get("message") or "no message", answer.status, lost=lost)
            lost = lost or answer.status >= 500
        time.sleep(_PAUSE_SECONDS)
    raise AssertionError("the last try answers or raises")


def _send(stack: Stack, method: str, path: str, body: dict[str, Any] | None) -> _Answer:
    from botocore.auth import SigV4Auth  # noqa: PLC0415 - takes its time
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415
    from botocore.httpsession import URLLib3Session  # noqa: PLC0415

    data = None if body is None else json.dumps(body).encode()
    request = AWSRequest(method, stack.api_url + path, {"Content-Type": "application/json"}, data)
    region = stack.state_machine_arn.split(":")[3]
    SigV4Auth(stack.account.credentials(), "execute-api", region).add_auth(request)
    response = URLLib3Session(timeout=60).send(request.prepare())
    try:
        content = json.loads(response.content)
    except ValueError:
        content = None
    return _Answer(response.status_code, content)
