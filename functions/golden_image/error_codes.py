"""error_codes.json, the one place where AWS's error codes are sorted, and the named error of an answer.

`wait and retry`: AWS calls it temporary, or its cause goes away by itself; the workflow tries the call again.
`fix and retry`: the call was right; a quota, a right, a key or another resource is in its way. A new run with
the same input can succeed once that is put right. `final`: the call itself, or what it names, is wrong.

Sources: "Error codes for the Amazon EC2 API", "Common Errors" of the Auto Scaling API Reference, botocore's
models (the errors of each service's operations) and the codes that botocore itself retries.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from golden_image.errors import RequestRefused, RequestThrottled, ResourceBusy, ServiceUnavailable, TryAgain

_NAMED: dict[str, type[TryAgain]] = {
    kind.__name__: kind for kind in (RequestThrottled, ServiceUnavailable, ResourceBusy)
}
_FIX = "The call was right: put that right, and start a new run with the same input."


@cache
def table() -> dict[str, Any]:
    """The classes with their codes; those of `wait and retry` by the error that the workflow retries."""
    text = Path(__file__).with_name("error_codes.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def named(code: str, status: int) -> type[TryAgain | RequestRefused]:
    """The error for an answer of AWS; one that the table does not have is judged by its HTTP status."""
    waited: dict[str, list[str]] = table()["wait and retry"]
    for name, codes in waited.items():
        if code in codes:
            return _NAMED[name]
    if status == 429:
        return RequestThrottled
    return ServiceUnavailable if status >= 500 else RequestRefused


def advice(code: str) -> str:
    """What a person can do about a refusal; nothing where the input has to change."""
    return _FIX if code in table()["fix and retry"] else ""
