"""What may be secret, user data, tags and parameters of documents, stays out of messages and logs.

AWS quotes what it refuses, sometimes only its beginning. What a call was given is known while it is made, so
its clients take that out of the answer (`guard`), before any error has it.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.exceptions import ClientError

HIDDEN = "[hidden]"
# Keys of AWS's parameters, and of this project's own values. `input` is that of StartExecution, `:token` a
# task's in the ledger.
_SECRET_KEYS = {"UserData", "Parameters", "input", "taskToken", ":token"}
_SECRET_FIELDS = {"userData", "tags", "parameters"}
_QUOTED = re.compile(r"""(?<!\w)(['"`])(.+?)\1(?!\w)""", re.DOTALL)
_ALL_QUOTED = re.compile(r"""(?<!\w)(['"`]).+\1""", re.DOTALL)
_ABOUT_USER_DATA = re.compile("user ?data", re.IGNORECASE)
_ABOUT_TEMPLATE = re.compile(r"user ?data|\btag|tags?\b", re.IGNORECASE)
# So many equal characters are no chance; what begins a secret, or is all of it, is recognized by fewer.
_RUN, _LEAST = 12, 4


def guard(client: Any) -> None:
    """Have a client of botocore take the secrets of each call out of AWS's error message."""
    client.meta.events.register("before-parameter-build", _note)
    client.meta.events.register("after-call", _hide)


def _note(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    context["params"] = params


def _hide(parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    if "Error" in parsed:
        parsed["Error"]["Message"] = hidden(parsed["Error"].get("Message") or "", context.get("params", {}))


def hidden(message: str, params: dict[str, Any]) -> str:
    """AWS's message without what may be secret in the parameters of the call."""
    about = _ABOUT_TEMPLATE if "LaunchTemplate" in params else _ABOUT_USER_DATA
    message = _without_quotes(message, about)
    found = list(_texts(params, "", secret=False))
    plain = {text for text, secret in found if not secret}
    for secret in {text for text, secret in found if secret and text} - plain:
        message = _without(message, secret)
    return message


def hide(error: ClientError, params: dict[str, Any]) -> None:
    """Take out of an error what may be secret in the data that its call has only named."""
    error.response["Error"]["Message"] = hidden(error.response["Error"].get("Message", ""), params)
    error.args = (hidden(str(error), params),)


def of_launch(message: str) -> str:
    """AWS's message about a launch from a template, whose user data and tags are not known here.

    Where it is about one of these, what it quotes is hidden, from the first quotation mark to the last.
    """
    return _without_quotes(message, _ABOUT_TEMPLATE)


def _without_quotes(message: str, about: re.Pattern[str]) -> str:
    return _ALL_QUOTED.sub(rf"\1{HIDDEN}\1", message) if about.search(message) else message


def without_secrets(value: Any) -> Any:
    """An answer for the log: user data, tags and parameters are named and not shown."""
    if isinstance(value, dict):
        return {
            key: HIDDEN if key in _SECRET_FIELDS and item else without_secrets(item)
            for key, item in value.items()
        }
    return [without_secrets(item) for item in value] if isinstance(value, list) else value


def _texts(value: Any, key: str, *, secret: bool) -> Iterator[tuple[str, bool]]:
    """Every text in a call's parameters, and whether it may be secret."""
    if isinstance(value, dict):
        tag = "Key" in value and "Value" in value and not str(value["Key"]).startswith("golden-image:")
        for name, item in value.items():
            own = name in _SECRET_KEYS or (tag and name == "Value")
            yield from _texts(item, name, secret=secret or own)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item, key, secret=secret)
    elif isinstance(value, str):
        yield value, secret
        if secret and key == "UserData":
            yield from ((text, True) for text in _decoded(value))


def _decoded(text: str) -> list[str]:
    """User data as plain text, where it is in base64."""
    try:
        return [base64.b64decode(text, validate=True).decode()]
    except ValueError:
        return []


def _without(message: str, secret: str) -> str:
    message = _QUOTED.sub(
        lambda quoted: f"{quoted[1]}{HIDDEN}{quoted[1]}" if quoted[2].rstrip(".… ") in secret else quoted[0],
        message,
    )
    if len(secret) < _RUN:
        whole = rf"(?<!\w){re.escape(secret)}(?!\w)"
        return re.sub(whole, HIDDEN, message) if len(secret) >= _LEAST else message
    secret_at = [False] * len(message)
    for start in range(len(message)):
        length = _length_of_secret(message[start:], secret)
        secret_at[start : start + length] = [True] * length
    marked = "".join("\0" if hide else letter for letter, hide in zip(message, secret_at, strict=True))
    return re.sub("\0+", HIDDEN, marked)


def _length_of_secret(text: str, secret: str) -> int:
    """How many characters at the beginning of a text are the secret's."""
    same = next(
        (i for i, (a, b) in enumerate(zip(text, secret, strict=False)) if a != b), min(len(text), len(secret))
    )
    if same >= _LEAST:
        return same
    return _RUN if len(text) >= _RUN and text[:_RUN] in secret else 0
