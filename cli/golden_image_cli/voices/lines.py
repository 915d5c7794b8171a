"""The voice for a pipe: a line for each stage that begins, and for each progress."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from golden_image_cli.telling import span
from golden_image_cli.voices import stages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from golden_image_cli.voices.stages import Told

WAITS = "waits for people:"


class Lines:
    """Writes lines to `out`: the time since the run's start, the stage, its progress."""

    def __init__(self, out: TextIO, answers: Sequence[str], start: datetime, scale: float = 1) -> None:
        """For a run of that start, which such commands answer if it asks people.

        Args:
            scale: real seconds per second that the run counts.
        """
        self._out, self._answers, self._start, self._scale = out, answers, start, scale
        self._progress = ""

    def tell(self, told: Told) -> None:
        """Tell a line of the story; a progress that is as before is not told again."""
        indent = "  " * len(told.path)
        match told.what:
            case stages.BEGINS:
                self._progress = ""
                self._line(told, f"{indent}{told.stage}")
            case stages.PROGRESS if told.text != self._progress:
                self._progress = told.text
                self._line(told, f"{indent}  {told.text}")
            case stages.ASKS:
                for line in (WAITS, *self._answers):
                    self._line(told, f"{indent}  {line}")
            case stages.FAILS:
                self._line(told, f"{indent}  failed: {told.text}")

    def note(self, text: str) -> None:
        """Tell what is not of the run, such as a lost connection."""
        self.say(f"{'':>8}  ! {text}")

    def say(self, text: str) -> None:
        """Write lines of somebody else's."""
        print(text, file=self._out, flush=True)

    def end(self) -> None:
        """Nothing is left to write."""

    def _line(self, told: Told, text: str) -> None:
        clock = span((told.at - self._start).total_seconds() / self._scale)
        self.say(f"{clock:>8}  {text}")
