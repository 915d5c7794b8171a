"""What docs/guides/failure.md says to do about each error; the build of the command line uses it too."""

from __future__ import annotations

import re
from pathlib import Path

_PAGE = Path(__file__).parent.parent / "docs/guides/failure.md"
_ROW = re.compile(r"^\| (`[A-Z][^|]*`) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
_OTHER = (
    "Find the error in docs/guides/failure.md. Any other is a defect: report it with the log's stack trace."
)
_ERRORS, _ELSE = "## Errors", "### Ends that no state can catch"
_INCOMPLETE = "## An incomplete roll-back"


def advice() -> dict[str, str]:
    """What to do about each error, without Markdown; `other` is for a name that the page does not have."""
    return _rows(_ERRORS, _ELSE) | {"other": _OTHER}


def advice_of_other_ends() -> dict[str, str]:
    """What to do about each end that no state can catch, and about what is not undone."""
    return _rows(_ELSE, _INCOMPLETE)


def _rows(heading: str, next_heading: str) -> dict[str, str]:
    text = _PAGE.read_text(encoding="utf-8")
    part = text[text.index(f"\n{heading}\n") : text.index(f"\n{next_heading}\n")]
    return {
        name: re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", told).replace("`", "")
        for named, told in _ROW.findall(part)
        for name in re.findall(r"`([A-Za-z._]+)`", named)
    }
