"""The narration of a run: a line for each state, with the progress that the state reports."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef


@dataclass
class Narration:
    """Prints a run's events to `out`.

    A Pass, which only makes values, has none. A state that a loop returns to already has its line: only its
    progress is printed again. On a terminal this rewrites the last line, elsewhere it adds a line.

    Attributes:
        scale: real seconds per virtual second.
        beside: what to put before the progress of a state.
    """

    scale: float
    out: TextIO = field(default_factory=lambda: sys.stdout)
    beside: Callable[[str], str] = lambda _: ""
    _begun: float = field(default_factory=time.monotonic)
    _told: set[str] = field(default_factory=set)
    _state: str = ""
    _progress: str = ""
    _rewritable: bool = False

    def tell(self, events: Iterable[HistoryEventTypeDef]) -> None:
        """Print these events as they come."""
        self._print(f"{'here':>8}  {'there':>6}")
        for event in events:
            if event["type"] == "PassStateEntered":
                continue
            if "stateEnteredEventDetails" in event:
                self._enter(event["stateEnteredEventDetails"]["name"])
            elif progress := _progress(event):
                self._report(progress)
        self._end_line()

    def _enter(self, name: str) -> None:
        self._state = name
        if name not in self._told:
            self._told.add(name)
            self._end_line()
            self._print(f"{self._clock()}  {name}")

    def _report(self, progress: str) -> None:
        if progress == self._progress:
            return
        self._progress = progress
        line = f"{self._clock()}    {self._state}: {self.beside(self._state)}{progress}"
        if not self.out.isatty():
            self._print(line)
            return
        self.out.write(f"\r\x1b[K{line}")
        self.out.flush()
        self._rewritable = True

    def _clock(self) -> str:
        """Real seconds, and the time that has passed in the world."""
        real = time.monotonic() - self._begun
        virtual = round(real / self.scale) if self.scale else 0
        return f"{real:6.1f} s  {virtual // 60:3d}:{virtual % 60:02d}"

    def _print(self, line: str) -> None:
        print(line, file=self.out, flush=True)

    def _end_line(self) -> None:
        if self._rewritable:
            self._print("")
            self._rewritable = False


def _progress(event: HistoryEventTypeDef) -> str:
    """The progress that a check reported, or nothing."""
    details: Any = event.get("taskSucceededEventDetails") or event.get("lambdaFunctionSucceededEventDetails")
    if not details:
        return ""
    answer = json.loads(details.get("output") or "null")
    if isinstance(answer, dict) and isinstance(answer.get("Payload"), dict):
        answer = answer["Payload"]
    return str(answer.get("progress") or "") if isinstance(answer, dict) else ""
