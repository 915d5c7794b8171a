"""The voice for a program: a JSON object a line. The first names the run, the last tells how it ended."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from golden_image_cli.voices.stages import Told


class JsonLines:
    """Writes objects to `out`; the key `event` of each says what it is."""

    def __init__(self, out: TextIO) -> None:
        """To this stream."""
        self._out = out

    def tell(self, told: Told) -> None:
        """Write a line of the story."""
        values = asdict(told)
        names = {"stage": "stage", "path": "path", "at": "at", "since": "since", "text": "text"}
        names |= {"percent": "percent", "wait_seconds": "waitSeconds"}
        found = {names[key]: values[key] for key in names if values[key] not in (None, "")}
        self.write(told.what, found | ({"failed": True} if told.failed else {}))

    def note(self, text: str) -> None:
        """Write what is not of the run, such as a lost connection."""
        self.write("note", {"text": text})

    def end(self) -> None:
        """Nothing is left to write."""

    def write(self, event: str, values: dict[str, Any]) -> None:
        """Write an object."""
        times = {key: value.isoformat() for key, value in values.items() if hasattr(value, "isoformat")}
        print(json.dumps({"event": event, **values, **times}, ensure_ascii=False), file=self._out, flush=True)
