"""A page as one SVG file: the same sections as the HTML, for a README."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from golden_image_cli.report import chart_parts, palette
from golden_image_cli.report.blocks import (
    Block,
    Chart,
    Columns,
    Command,
    Items,
    Page,
    Prose,
    Section,
    Table,
    Tiles,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH, _MARGIN, _INSET = 1040, 24, 24
_INNER = _WIDTH - 2 * _MARGIN - 2 * _INSET
_GAP = 16
# SVG breaks no lines. A character is at most about so wide, as a part of its font's size.
_CHARACTER, _BOLD, _MONOSPACED = 0.56, 1.08, 0.61
_MONO = "ui-monospace, 'SF Mono', Menlo, Consolas, monospace"


def write(page: Page) -> str:
    """The page's SVG. Every text of the run is escaped."""
    sheet = _Sheet()
    sheet.page(page)
    dark = f"@media (prefers-color-scheme:dark){{svg{{{palette.variables(palette.DARK)}}}}}"
    style = f"svg{{{palette.variables(palette.LIGHT)}}}\n{dark}\n{palette.drawn()}"
    height = round(sheet.y + _MARGIN - _GAP)
    paper = _rect((0, 0, _WIDTH, height), "paper")
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{chart_parts.FONT}">\n'
        f"<title>{escape(page.title)}</title>\n<style>\n{style}\n</style>\n"
        f"{paper}{''.join(sheet.drawn)}</svg>\n"
    )


@dataclass(frozen=True)
class _Style:
    """How a text looks; the color is one of the palette's."""

    size: int
    color: str = "ink"
    bold: bool = False
    mono: bool = False

    @property
    def character(self) -> float:
        """How wide a character is at most, in pixels."""
        return self.size * (_MONOSPACED if self.mono else _CHARACTER * (_BOLD if self.bold else 1))


@dataclass
class _Sheet:
    """Writes one thing under the other; `y` is where the next one begins."""

    y: float = _MARGIN
    drawn: list[str] = field(default_factory=list)

    def page(self, page: Page) -> None:
        if page.outcome:
            style = _Style(12, palette.of_outcome(page.outcome), bold=True)
            self.lines([page.outcome.replace("_", " ")], _MARGIN, style)
        self.text(page.title, _MARGIN, _WIDTH - 2 * _MARGIN, _Style(25, bold=True))
        self.text(page.about, _MARGIN, _WIDTH - 2 * _MARGIN, _Style(13, "muted"))
        self.y += _GAP
        for section in page.sections:
            self.section(section)

    def section(self, section: Section) -> None:
        if not section.title:
            for block in section.blocks:
                self.block(block, _MARGIN)
            return
        begin, at = self.y, len(self.drawn)
        self.y += _INSET - 4
        self.text(section.title, _MARGIN + _INSET, _INNER, _Style(15, bold=True))
        self.y += 6
        for block in section.blocks:
            self.block(block, _MARGIN + _INSET)
        self.y += _INSET - _GAP
        panel = _rect((_MARGIN, begin, _WIDTH - 2 * _MARGIN, self.y - begin), "panel", border=True)
        self.drawn.insert(at, panel)
        self.y += _GAP

    def block(self, block: Block, x: float) -> None:
        match block:
            case Tiles(tiles):
                self.tiles(tiles)
            case Table():
                self.table(block, x)
            case Prose(text):
                self.text(text, x, _INNER, _Style(14))
            case Command(text):
                self.command(text, x)
            case Items(items):
                for item in items:
                    self.text(f"• {item}", x, _INNER, _Style(14))
            case Chart(spec, told):
                self.chart(chart_parts.draw(spec(_INNER), told), x)
            case Columns(left, right):
                self.page(left)
                self.page(right)
        self.y += _GAP

    def tiles(self, tiles: Sequence[tuple[str, str, str]]) -> None:
        width = (_WIDTH - 2 * _MARGIN - _GAP * (len(tiles) - 1)) / len(tiles)
        begin = self.y
        for number, (name, value, note) in enumerate(tiles):
            x = _MARGIN + number * (width + _GAP)
            self.drawn.append(_rect((x, begin, width, 92), "panel", border=True))
            self.y = begin + 12
            self.lines([name], x + 18, _Style(13, "muted"))
            self.lines([value], x + 18, _Style(21, bold=True))
            self.lines([note], x + 18, _Style(12, "muted"))
        self.y = begin + 92

    def table(self, table: Table, x: float) -> None:
        rows = [table.head, *table.rows] if any(table.head) else [*table.rows]
        widths = _column_widths(rows)
        for number, row in enumerate(rows):
            is_head, begin, end = number == 0 and any(table.head), self.y, self.y
            at = x
            for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
                self.y = begin + 6
                quiet = is_head or (table.is_pair and column == 1)
                style = _Style(13, "muted" if quiet else "ink", bold=column == 0 and not is_head)
                self.text(cell, at, width - 16, style)
                at, end = at + width, max(end, self.y)
            self.y = end + 4
            if number < len(rows) - 1:
                self.drawn.append(_rect((x, self.y, _INNER, 1), "line"))

    def command(self, text: str, x: float) -> None:
        style = _Style(13, mono=True)
        lines = _wrapped(text, _INNER - 28, style)
        height = len(lines) * 20 + 18
        self.drawn.append(_rect((x, self.y, _INNER, height), "paper", border=True))
        begin, self.y = self.y, self.y + 8
        self.lines(lines, x + 14, style)
        self.y = begin + height

    def chart(self, svg: str, x: float) -> None:
        height = float(re.search(r' height="([\d.]+)"', svg)[1])  # type: ignore[index] # the library writes it
        self.drawn.append(re.sub("^<svg ", f'<svg x="{x}" y="{self.y:.0f}" ', svg, count=1))
        self.y += height

    def text(self, text: str, x: float, width: float, style: _Style) -> None:
        self.lines(_wrapped(text, width, style), x, style)

    def lines(self, lines: Sequence[str], x: float, style: _Style) -> None:
        look = (' font-weight="600"' if style.bold else "") + (
            f' font-family="{_MONO}"' if style.mono else ""
        )
        for line in lines:
            self.y += style.size * 1.5
            place = f'x="{x:.1f}" y="{self.y - style.size * 0.4:.1f}" font-size="{style.size}"'
            fill = palette.LIGHT[style.color]
            self.drawn.append(f'<text {place}{look} fill="{fill}">{escape(line)}</text>\n')


def _wrapped(text: str, width: float, style: _Style) -> list[str]:
    lines = text.splitlines() or [""]
    most = max(int(width / style.character), 8)
    return [part for line in lines for part in textwrap.wrap(line, most, drop_whitespace=True) or [""]]


def _column_widths(rows: Sequence[Sequence[str]]) -> list[float]:
    """Widths in which the longest cells wrap, and the others do not."""
    longest = [
        max(len(cell) for cell in column) * 13 * _CHARACTER * 1.1 + 20 for column in zip(*rows, strict=True)
    ]
    fair = _INNER / len(longest)
    spare = _INNER - sum(min(width, fair) for width in longest)
    wide = sum(max(width - fair, 0) for width in longest)
    return [min(width, fair) + (spare * max(width - fair, 0) / wide if wide else 0) for width in longest]


def _rect(place: tuple[float, float, float, float], color: str, *, border: bool = False) -> str:
    x, y, width, height = place
    edge = f' stroke="{palette.LIGHT["line"]}" rx="10"' if border else ""
    where = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect {where} fill="{palette.LIGHT[color]}"{edge}/>\n'
