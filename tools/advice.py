"""Writes the advice of docs/guides/failure.md into the workflow that notifies of a failure.

usage: python -m tools.advice
"""

from __future__ import annotations

import re

from tools.format_definitions import formatted
from tools.project import DEFINITIONS, ROOT, definition

WORKFLOW, STATE = "notify", "Find Advice"
_PAGE = ROOT / "docs/guides/failure.md"
_ROW = re.compile(r"^\| (`[A-Z][^|]*`) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
_OTHER = (
    "Find the error in docs/guides/failure.md. Any other is a defect: report it with the log's stack trace."
)


def advice() -> dict[str, str]:
    """What to do about each error, without Markdown; `other` is for a name that the page does not have."""
    text = _PAGE.read_text(encoding="utf-8")
    errors = text[text.index("\n## Errors\n") : text.index("\n### Ends that no state can catch\n")]
    found = {
        name: re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", told).replace("`", "")
        for named, told in _ROW.findall(errors)
        for name in re.findall(r"`([A-Za-z.]+)`", named)
    }
    return found | {"other": _OTHER}


def main() -> None:
    """Write the advice."""
    whole = definition(WORKFLOW)
    whole["States"][STATE]["Assign"]["advice"] = advice()
    DEFINITIONS[WORKFLOW].write_text(formatted(whole), encoding="utf-8")


if __name__ == "__main__":
    main()
