"""The record of every call."""

import json
from datetime import UTC, datetime
from typing import Any

from ec2world.wire.call import Call


class Record:
    """Every call with its outcome, kept as the JSON that is asked for later."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._of_trace: dict[str, list[str]] = {}
        self._first = 0

    def params_of(self, call: Call) -> str:
        """A call's parameters as JSON; taken before the call is answered, for models keep and change them."""
        return json.dumps(call.params, default=_plain)

    def add(self, call: Call, params: str, *, status: int, code: str | None, request_id: str) -> None:
        """Add a call; `status` is 0 where the connection was cut instead of an answer."""
        head = json.dumps(
            {
                "n": self._first + len(self._lines),
                "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "service": call.service,
                "action": call.action,
                "role": call.role,
                "trace": call.trace,
                "status": status,
                "code": code,
                "requestId": request_id,
            }
        )
        line = f'{head[:-1]}, "params": {params}}}'
        self._lines.append(line)
        self._of_trace.setdefault(call.trace, []).append(line)

    def of_trace(self, trace: str) -> str:
        """The calls of one trace, as a JSON list."""
        return "[" + ",\n".join(self._of_trace.get(trace, [])) + "]"

    def to_json(self, since: int = 0) -> str:
        """The calls numbered `since` and up, as a JSON list."""
        return "[" + ",\n".join(self._lines[max(0, since - self._first) :]) + "]"

    def clear(self) -> None:
        """Forget all calls; the numbers go on."""
        self._first += len(self._lines)
        self._lines.clear()
        self._of_trace.clear()


def _plain(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
