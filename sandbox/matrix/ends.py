"""The ends of runs that go on side by side."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.client import Client

_LOOK_SECONDS = 0.2


class Ends:
    """The runs that are still open, by one call for all of them."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._looked = 0.0
        self._running: set[str] = set()

    def expect(self, arn: str) -> str:
        """Count a run that was just started as running."""
        with self._lock:
            self._running.add(arn)
            self._looked = time.monotonic()
        return arn

    def wait(self, arn: str, seconds: float) -> None:
        """Return when the run is over, or after so many real seconds."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
            with self._lock:
                if time.monotonic() - self._looked > _LOOK_SECONDS:
                    self._running = self._look()
                    self._looked = time.monotonic()
                if arn not in self._running:
                    return

    def _look(self) -> set[str]:
        pages = self._client.stepfunctions.get_paginator("list_executions")
        machine: Any = self._client.endpoints.stateMachineArn
        found = pages.paginate(stateMachineArn=machine, statusFilter="RUNNING")
        return {execution["executionArn"] for page in found for execution in page["executions"]}
