"""The pages of the documentation, taken apart: fenced blocks, inline code, links, tables, headings."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Page:
    path: Path
    text: str

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def prose(self) -> str:
        """The text without its fenced blocks."""
        return _FENCE.sub("", self.text)

    def blocks(self, language: str) -> list[str]:
        """The fenced blocks of a language, without the indentation that they have in a list."""
        found = ((m[1], m[2], m[3]) for m in _FENCE.finditer(self.text))
        return [
            re.sub(f"^{indent}", "", text, flags=re.MULTILINE) for indent, of, text in found if of == language
        ]

    @property
    def spans(self) -> list[str]:
        """Inline code."""
        return re.findall(r"`([^`\n]+)`", self.prose)

    @property
    def links(self) -> list[str]:
        return re.findall(r"\]\(([^)\s]+)\)", self.prose)

    @property
    def anchors(self) -> set[str]:
        """The anchors that GitHub gives the headings."""
        headings = re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    def section(self, heading: str) -> str:
        """The text under a heading, down to the next one of its level or above."""
        level = heading.split(" ", 1)[0]
        after = self.text.split(f"\n{heading}\n", 1)[1]
        return re.split(rf"^#{{1,{len(level)}}} ", after, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of all tables in a text, without heads and rulers."""
    lines = [line.strip() for line in text.splitlines()]
    found = []
    for index, line in enumerate(lines):
        is_head = index + 1 < len(lines) and re.fullmatch(r"\|[ |:-]+\|", lines[index + 1])
        if line.startswith("|") and not is_head and not re.fullmatch(r"\|[ |:-]+\|", line):
            cells = re.split(r" \|(?= )", line.removeprefix("|").removesuffix("|"))
            found.append([cell.strip() for cell in cells])
    return found


@cache
def page(name: str) -> Page:
    path = ROOT / name
    return Page(path, path.read_text(encoding="utf-8"))


@cache
def definitions() -> dict[str, dict[str, Any]]:
    """The workflows by the names of their files, such as `undo`."""
    paths = sorted(ROOT.glob("statemachine/*.asl.json"))
    return {path.name.split(".")[0]: json.loads(path.read_text(encoding="utf-8")) for path in paths}


@cache
def states() -> dict[str, dict[str, Any]]:
    """The states of all workflows."""
    return {name: state for one in definitions().values() for name, state in one["States"].items()}


CHAPTERS = tuple(sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/reference/chapters/*.md")))
"""A page for each subject of the code."""

_GENERATED = {"docs/reference/aws-acceptance-example.md", "docs/reference/cost.md", "docs/reference/iam.md"}
_GENERATED |= {"docs/explanations/performance.md"}

OWN_PAGES = (
    "README.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "ec2world/README.md",
    *sorted({str(path.relative_to(ROOT)) for path in ROOT.glob("docs/**/*.md")} - _GENERATED),
)
"""The pages that are written by hand; others are generated, and tested by what generates them."""
