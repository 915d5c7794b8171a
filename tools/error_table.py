"""Writes the table of AWS's error codes into docs/explanations/internals.md, from error_codes.json.

usage: PYTHONPATH=functions:. python -m tools.error_table
"""

from __future__ import annotations

from golden_image import error_codes
from tools.project import ROOT

PAGE = ROOT / "docs/explanations/internals.md"
BEGIN, END = "<!-- error codes: make docs -->", "<!-- end of error codes -->"


def table() -> str:
    """The classes with their codes, as a table of Markdown."""
    classes = error_codes.table()
    rows = [
        *((f"wait and retry | `{name}`", codes) for name, codes in classes["wait and retry"].items()),
        *((f"{kind} | `RequestRefused`", classes[kind]) for kind in ("fix and retry", "final")),
    ]
    lines = [f"| {head} | {', '.join(f'`{code}`' for code in codes)} |\n" for head, codes in rows]
    return "| class | named error | codes |\n| --- | --- | --- |\n" + "".join(lines)


def page(old: str) -> str:
    """The page with its table made anew; the markers have to be there."""
    head, rest = old.split(BEGIN)
    return f"{head}{BEGIN}\n\n{table()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
