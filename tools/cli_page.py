"""Writes the help of every verb of `golden-image` into docs/reference/cli.md.

usage: python -m tools.cli_page
"""

from __future__ import annotations

from typer import Context

from golden_image_cli.__main__ import VERBS
from golden_image_cli.verb_group import Verbs
from tools.project import ROOT

PAGE = ROOT / "docs/reference/cli.md"
BEGIN, END = "<!-- verbs: begin -->", "<!-- verbs: end -->"
_COLUMNS = 80


def verbs() -> str:
    """A section for each verb, with what `--help` prints on a terminal of 80 columns."""
    return "\n".join(f"### {name}\n\n```text\n{_help(name)}\n```\n" for name in VERBS)


def _help(name: str) -> str:
    group = Verbs(VERBS)
    context = Context(group, info_name="golden-image", terminal_width=_COLUMNS)
    command = group.get_command(context, name)
    if command is None:
        raise KeyError(name)
    inner = Context(
        command, parent=context, info_name=name, terminal_width=_COLUMNS, help_option_names=["-h", "--help"]
    )
    return command.get_help(inner).strip()


def page(old: str) -> str:
    """The page with its sections made anew; the markers have to be there."""
    head, rest = old.split(BEGIN)
    return f"{head}{BEGIN}\n\n{verbs()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
