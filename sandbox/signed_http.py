"""A call of a REST API that asks for IAM's signatures."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

if TYPE_CHECKING:
    from botocore.credentials import Credentials

_SECONDS = 120


def signed_call(  # noqa: PLR0913, PLR0917 - the parts of a request
    method: str,
    url: str,
    region: str,
    credentials: Credentials,
    body: object = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], Any]:
    """Call the URL in the name of these credentials; a body that is not bytes is sent as JSON.

    Answers the status, the headers with names in lower case, and the body, from JSON where it is JSON.
    """
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    request = AWSRequest(method, url, {"Content-Type": "application/json", **(headers or {})}, data)
    SigV4Auth(credentials, "execute-api", region).add_auth(request)
    signed = urllib.request.Request(url, data, dict(request.headers), method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(signed, timeout=_SECONDS) as response:  # noqa: S310
            status, found, text = response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        status, found, text = error.code, error.headers, error.read()
    with suppress(ValueError):
        text = json.loads(text)
    return status, {name.lower(): value for name, value in found.items()}, text
