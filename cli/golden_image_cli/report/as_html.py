"""A page as one HTML file: no script, no request, light and dark, for a screen, a phone and paper."""

from __future__ import annotations

from html import escape
from pathlib import Path

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

_FILE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
<main class="{kind}">
{page}</main>
</body>
</html>
"""
# Pixels that a picture has: on a page, in a column, on a phone.
_WIDE, _HALF, _NARROW = 912, 498, 296


def write(page: Page) -> str:
    """The page's HTML. Every text of the run is escaped."""
    two = any(isinstance(block, Columns) for section in page.sections for block in section.blocks)
    return _FILE.format(
        policy="default-src 'none'; style-src 'unsafe-inline'",
        title=escape(page.title),
        style=_style(),
        kind="two" if two else "one",
        page=_page(page, _WIDE, level=1),
    )


def _style() -> str:
    dark = (
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {palette.variables(palette.DARK)} }} }}"
    )
    return "\n".join(
        (
            f":root {{ color-scheme: light dark; {palette.variables(palette.LIGHT)} }}",
            dark,
            f"body {{ font-family: {chart_parts.FONT} }}",
            Path(__file__).with_name("page.css").read_text(encoding="utf-8"),
            palette.drawn(),
        )
    )


def _page(page: Page, width: int, level: int) -> str:
    kind = palette.of_outcome(page.outcome)
    mark = f'<span class="mark {kind}">{escape(page.outcome)}</span>' if page.outcome else ""
    head = f'<h{level}>{escape(page.title)}</h{level}><p class="about">{escape(page.about)}</p>'
    sections = "".join(_section(section, width) for section in page.sections)
    return f"<header>{mark}{head}</header>\n{sections}"


def _section(section: Section, width: int) -> str:
    match section.blocks:
        case [Columns(left, right)]:
            both = "".join(f"<div>{_page(one, _HALF, level=2)}</div>" for one in (left, right))
            return f'<div class="columns">{both}</div>\n'
    title = f"<h2>{escape(section.title)}</h2>\n" if section.title else ""
    kind = "" if title else ' class="plain"'
    return f"<section{kind}>\n{title}{''.join(_block(block, width) for block in section.blocks)}</section>\n"


def _block(block: Block, width: int) -> str:
    match block:
        case Tiles(tiles):
            told = "".join(_tile(*map(escape, tile)) for tile in tiles)
            return f'<div class="tiles">{told}</div>\n'
        case Table():
            return _table(block)
        case Prose(text):
            return f"<p>{escape(text)}</p>\n"
        case Command(text):
            return f"<pre>{escape(text)}</pre>\n"
        case Items(items):
            return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>\n"
        case Chart(spec, told):
            both = (("wide", width), ("narrow", _NARROW))
            return "".join(
                f'<div class="{name}">{chart_parts.draw(spec(pixels), told)}</div>\n' for name, pixels in both
            )
        case Columns():
            raise TypeError("columns are written by their section")


def _tile(name: str, value: str, note: str) -> str:
    return f'<div class="tile"><span>{name}</span><b>{value}</b><span>{note}</span></div>'


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    rows = "".join(f"<tr>{_cells(row, table.head)}</tr>" for row in table.rows)
    kinds = [f"of{len(table.head)}"]
    kinds += [name for name, is_so in (("many", len(table.head) > 2), ("pair", table.is_pair)) if is_so]
    top = f"<thead><tr>{head}</tr></thead>" if any(table.head) else ""
    return f'<table class="{" ".join(kinds)}">{top}<tbody>{rows}</tbody></table>\n'


def _cells(row: tuple[str, ...], head: tuple[str, ...]) -> str:
    """Each knows the head of its column, which a phone shows beside it."""
    first, *rest = row
    cells = zip(rest, head[1:] or [""] * len(rest), strict=True)
    told = "".join(f'<td data-head="{escape(name)}">{escape(cell)}</td>' for cell, name in cells)
    return f'<th scope="row">{escape(first)}</th>{told}'
