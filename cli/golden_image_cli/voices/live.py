"""The voice for a terminal: a line for each stage that is over, and below them the one that goes on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.live import Live as Display
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from golden_image_cli.telling import span
from golden_image_cli.voices import lines, stages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, RenderableType

    from golden_image_cli.voices.stages import Told

_BAR_WIDTH = 16


class Live:
    """Draws a run as it goes on."""

    def __init__(self, console: Console, answers: Sequence[str], scale: float = 1) -> None:
        """On this console; answers and scale are those of Lines."""
        self._console, self._answers, self._scale = console, answers, scale
        self._ascii = not console.encoding.lower().startswith("utf")
        self._told: Told | None = None
        self._headed: set[tuple[str, ...]] = set()
        self._spinner = Spinner("line" if self._ascii else "dots")
        self._display = Display(
            console=console, get_renderable=self._drawn, refresh_per_second=8, transient=True
        )
        self._display.start()

    def tell(self, told: Told) -> None:
        """Draw a line of the story."""
        match told.what:
            case stages.BEGINS:
                self._head(told)
                self._told = told
            case stages.PROGRESS:
                self._told = told
            case stages.ASKS:
                self._told = told
                for line in (lines.WAITS, *self._answers):
                    self._print(f"{self._indent(told)}  {line}", "yellow")
            case stages.FAILS:
                self._wrap(f"{self._indent(told)}{self._mark('✗', 'x')} {told.stage}: {told.text}", "red")
            case stages.ENDS:
                self._told = None
                if (*told.path, told.stage) not in self._headed:
                    self._done(told)

    def note(self, text: str) -> None:
        """Tell what is not of the run, such as a lost connection."""
        self._wrap(f"! {text}", "yellow")

    def say(self, text: str) -> None:
        """Write lines of somebody else's, above the line of what goes on."""
        self._print(text, "")

    def end(self) -> None:
        """Take away the line of what goes on, and give the terminal back."""
        self._told = None
        self._display.stop()

    def _head(self, told: Told) -> None:
        """The callers of a stage stand above it."""
        if told.path and told.path not in self._headed:
            self._headed.add(told.path)
            self._print(f"{'  ' * (len(told.path) - 1)}{self._mark('▸', '>')} {told.path[-1]}", "bold")

    def _done(self, told: Told) -> None:
        row = self._row()
        lasted = span((told.at - told.since).total_seconds() / self._scale)
        mark = Text(self._mark("✗", "x"), "red") if told.failed else Text(self._mark("✓", "*"), "green")
        row.add_row(Text.assemble(self._indent(told), mark, f" {told.stage}"), Text(lasted, "dim"))
        self._console.print(row)

    def _drawn(self) -> RenderableType:
        told = self._told
        if told is None:
            return Text("")
        now = datetime.now(UTC)
        passed = (now - told.since).total_seconds()
        row = Table.grid(padding=(0, 1))
        row.add_column(no_wrap=True)
        row.add_column(width=_BAR_WIDTH if told.percent is not None else 0)
        row.add_column(no_wrap=True, overflow="ellipsis")
        self._spinner.update(text=told.stage)
        bar = ProgressBar(100, told.percent, width=_BAR_WIDTH) if told.percent is not None else Text("")
        row.add_row(self._spinner, bar, Text(", ".join(self._facts(told, now, passed)), "dim"))
        return row

    def _facts(self, told: Told, now: datetime, passed: float) -> list[str]:
        facts = [told.text] if told.text else []
        facts.append(span(passed / self._scale))
        if told.percent and told.percent < 100:
            until = (told.at - told.since).total_seconds()
            left = until * (100 - told.percent) / told.percent - (now - told.at).total_seconds()
            facts.append(f"about {span(max(left, 0) / self._scale)} left")
        if told.wait_seconds is not None:
            wait = told.wait_seconds - (now - told.at).total_seconds() / self._scale
            facts.append(f"looks again in {span(max(wait, 0))}")
        return facts

    def _row(self) -> Table:
        row = Table.grid(padding=(0, 2))
        row.add_column(width=40, no_wrap=True, overflow="ellipsis")
        row.add_column(justify="right", width=8)
        return row

    def _indent(self, told: Told) -> str:
        return "  " * len(told.path)

    def _mark(self, mark: str, ascii_mark: str) -> str:
        return ascii_mark if self._ascii else mark

    def _wrap(self, text: str, style: str) -> None:
        self._console.print(Text(text, style))

    def _print(self, text: str, style: str) -> None:
        """In lines as they are: a command that is copied must not be cut."""
        self._console.print(Text(text, style), soft_wrap=True)
