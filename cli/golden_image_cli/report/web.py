"""A page as one HTML file: no script, no request, light and dark, for a screen, a phone and paper."""

from __future__ import annotations

from html import escape

from golden_image_cli.report import charts, palette
from golden_image_cli.report.page import (
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

_WIDE, _HALF, _NARROW = 912, 498, 296
_GOOD, _BAD = {"SUCCEEDED"}, {"FAILED", "ABORTED", "TIMED_OUT"}
_CSS = """\
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 FONT;overflow-wrap:anywhere}
main{max-width:1040px;margin:0 auto;padding:40px 40px 56px}
main.two{max-width:1200px}
h1{font-size:27px;line-height:1.25;font-weight:650;margin:0 0 6px;letter-spacing:-.01em}
h2{font-size:15px;font-weight:650;margin:0 0 14px}
p{margin:0 0 12px}section p,li{font-size:14px}
header{margin-bottom:28px}
.about{color:var(--muted);font-size:14px;margin:0}
.mark{display:inline-block;font-size:12px;font-weight:650;letter-spacing:.04em;padding:2px 9px;border-radius:99px;
border:1px solid var(--muted);color:var(--muted);margin-bottom:12px}
.good{color:var(--good);border-color:var(--good)}.bad{color:var(--bad);border-color:var(--bad)}
section{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:20px 24px;margin-bottom:16px;
break-inside:avoid}
section.plain{background:none;border:0;padding:0;border-radius:0}
section>:last-child{margin-bottom:0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin-bottom:16px}
.tile{background:var(--panel);border:1px solid var(--line);border-radius:10px;padding:14px 18px}
.tile b{display:block;font-size:22px;line-height:1.3;font-weight:600;font-variant-numeric:tabular-nums}
.tile span{color:var(--muted);font-size:13px}
table{border-collapse:collapse;width:100%;font-size:14px;margin-bottom:14px;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:7px 16px 7px 0;border-bottom:1px solid var(--line);font-weight:400}
tr:last-child>*{border-bottom:0}
thead th{color:var(--muted);font-size:13px}
th{overflow-wrap:normal}tbody th{white-space:nowrap;font-weight:600}
td:last-child{padding-right:0}
.pair tbody td:nth-child(2){color:var(--muted)}
pre{margin:0 0 12px;padding:12px 14px;background:var(--paper);border:1px solid var(--line);border-radius:8px;
font:13px/1.5 ui-monospace,'SF Mono',Menlo,Consolas,monospace;white-space:pre-wrap}
ul{margin:0;padding-left:20px}li{margin-bottom:6px}
svg{display:block;max-width:100%;height:auto}
.narrow{display:none}
.two>.columns{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:24px}
.columns h1{font-size:20px}
@media(max-width:760px){
main{padding:24px 16px 32px}h1{font-size:22px}section{padding:16px}section.plain{padding:0}
.wide{display:none}.narrow{display:block}.tiles{grid-template-columns:1fr 1fr}
.two>.columns{display:block}
tbody th{white-space:normal}
.many thead{display:none}.many,.many tbody{display:block}
.many tr{display:block;border-bottom:1px solid var(--line);padding:8px 0}
.many tr:last-child{border:0}.many tr>*{display:block;border:0;padding:1px 0}
.pair tr{display:grid;grid-template-columns:1fr 1fr;gap:0 12px}
.pair tr>:nth-child(1),.pair tr>:nth-child(2){grid-column:1/-1}
.pair td:last-child::before{content:"→ ";color:var(--muted)}
.many tbody th:empty{display:none}
}
@media print{body{background:none;font-size:11pt}main{max-width:none;padding:0}section{border-color:#ddd}}
"""


def write(page: Page) -> str:
    """The page's HTML. Every text of the run is escaped."""
    two = any(isinstance(block, Columns) for section in page.sections for block in section.blocks)
    colors = (
        f":root{{color-scheme:light dark;{palette.variables(palette.LIGHT)}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{palette.variables(palette.DARK)}}}}}\n"
    )
    style = colors + _CSS.replace("FONT", charts.FONT) + palette.drawn()
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(page.title)}</title>\n<style>\n{style}\n</style>\n</head>\n<body>\n"
        f"<main{' class=two' if two else ''}>\n{_page(page, _WIDE, level=1)}</main>\n</body>\n</html>\n"
    )


def _page(page: Page, width: int, level: int) -> str:
    kind = "good" if page.outcome in _GOOD else "bad" if page.outcome in _BAD else ""
    mark = (
        f'<span class="mark {kind}">{escape(page.outcome.replace("_", " "))}</span>' if page.outcome else ""
    )
    head = f'<header>{mark}<h{level}>{escape(page.title)}</h{level}><p class="about">{escape(page.about)}</p></header>\n'
    return head + "".join(_section(section, width) for section in page.sections)


def _section(section: Section, width: int) -> str:
    columns = [block for block in section.blocks if isinstance(block, Columns)]
    if columns:
        return "".join(
            f'<div class="columns"><div>{_page(one.left, _HALF, 2)}</div><div>{_page(one.right, _HALF, 2)}</div></div>\n'
            for one in columns
        )
    title = f"<h2>{escape(section.title)}</h2>\n" if section.title else ""
    kind = "" if title else ' class="plain"'
    return f"<section{kind}>\n{title}{''.join(_block(block, width) for block in section.blocks)}</section>\n"


def _block(block: Block, width: int) -> str:
    match block:
        case Tiles(tiles):
            told = "".join(
                f'<div class="tile"><span>{escape(name)}</span><b>{escape(value)}</b><span>{escape(note)}</span></div>'
                for name, value, note in tiles
            )
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
                f'<div class="{name}">{charts.draw(spec(pixels), told)}</div>\n' for name, pixels in both
            )
        case Columns():
            raise TypeError("columns are written by their section")


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    rows = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in table.rows
    )
    kinds = [name for name, is_so in (("many", len(table.head) > 2), ("pair", table.is_pair)) if is_so]
    return f"<table class='{' '.join(kinds)}'>{f'<thead><tr>{head}</tr></thead>' if any(table.head) else ''}<tbody>{rows}</tbody></table>\n"
