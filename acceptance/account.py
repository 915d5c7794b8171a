"""The account and Region that the acceptance runs in, by the credentials and endpoints of the environment."""

from __future__ import annotations

import os
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from sandbox.signed_http import signed_call

if TYPE_CHECKING:
    from collections.abc import Callable

_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 8})
_POLL_SECONDS = 5
_LEAST_SECONDS = 90
"""Real seconds that a condition gets at any pace: the work of the functions themselves has no pace."""


class NotInTimeError(RuntimeError):
    """Something that was waited for did not happen."""


class Account:
    """Clients, and waiting. botocore reads credentials, Region and endpoint URLs from the environment."""

    def __init__(self, pace: float = 1.0) -> None:
        """With a pace of real seconds for each second of AWS: 1 on AWS."""
        self.pace = pace
        self.session = boto3.Session()
        self._clients: dict[str, Any] = {}

    def aws(self, service: str) -> Any:
        """A boto3 client of the service."""
        if service not in self._clients:
            self._clients[service] = self.session.client(service, config=_CONFIG)  # type: ignore[call-overload]
        return self._clients[service]

    @property
    def region(self) -> str:
        """The Region's name."""
        return str(self.session.region_name)

    @cached_property
    def _identity(self) -> dict[str, str]:
        identity: dict[str, str] = self.aws("sts").get_caller_identity()
        return identity

    @property
    def number(self) -> str:
        """The account's twelve digits."""
        return self._identity["Account"]

    @property
    def partition(self) -> str:
        """Such as aws or aws-cn."""
        return self._identity["Arn"].split(":")[1]

    @property
    def poll_seconds(self) -> float:
        """Real seconds between two looks at what takes its time."""
        return max(_POLL_SECONDS * self.pace, 0.05)

    def sleep(self, seconds: float) -> None:
        """Let so many of AWS's seconds go by."""
        time.sleep(seconds * self.pace)

    def until(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait until the condition holds.

        Raises:
            NotInTimeError: it does not within so many of AWS's seconds; `what` was waited for.
        """
        deadline = time.monotonic() + max(seconds * self.pace, _LEAST_SECONDS)
        while not condition():
            if time.monotonic() > deadline:
                raise NotInTimeError(f"{what}: not within {seconds:.0f} s")
            time.sleep(self.poll_seconds)

    def call_api(self, url: str, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Call the product's REST API, signed; answers status and body.

        Its endpoint can be set like a service's, by AWS_ENDPOINT_URL_EXECUTE_API.
        """
        if endpoint := os.environ.get("AWS_ENDPOINT_URL_EXECUTE_API"):
            host, _, stage = url.removeprefix("https://").rstrip("/").partition("/")
            url = f"{endpoint}/restapis/{host.partition('.')[0]}/{stage}/_user_request_"
        credentials = self.session.get_credentials().get_frozen_credentials()  # type: ignore[union-attr]
        status, _headers, answer = signed_call(method, url + path, self.region, credentials, body)  # type: ignore[arg-type]
        return status, answer
