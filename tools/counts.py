"""Writes how the project is tested into the README: what is counted, rounded down.

usage: python -m tools.counts
"""

from __future__ import annotations

import re
import tomllib

from tools.project import DEFINITIONS, ROOT, definition, template

PAGE = ROOT / "README.md"
BEGIN, END = "<!-- counts: begin -->", "<!-- counts: end -->"
_TEST = re.compile(r"^ *def test_", re.MULTILINE)


def counts() -> dict[str, int]:
    """What there is of each kind, in the order of the table."""
    tests = [path.read_text(encoding="utf-8") for path in ROOT.glob("tests/**/test_*.py")]
    facts = tomllib.loads((ROOT / "tests/world/facts.toml").read_text(encoding="utf-8"))
    kinds = [resource["Type"] for resource in template()["Resources"].values()]
    return {
        "test functions, many of them with many cases": sum(len(_TEST.findall(text)) for text in tests),
        "facts about AWS that the code depends on, each shown by a test": sum(map(len, facts.values())),
        "states of the workflows, each asked alone": sum(
            len(definition(name)["States"]) for name in DEFINITIONS
        ),
        "functions, each with a policy of exactly its calls": kinds.count("AWS::Serverless::Function"),
    }


def rounded(count: int) -> int:
    """A count that stays true when more come: rounded down to two digits, to one below a hundred."""
    unit = 10 ** (len(str(count)) - 2) if count >= 100 else 10
    return count // unit * unit


def table() -> str:
    """The counts as a table of Markdown."""
    rows = "".join(f"| {rounded(count):,}+ | {what} |\n" for what, count in counts().items())
    return f"| count | what |\n| --- | --- |\n{rows}"


def shown(page: str) -> dict[str, int]:
    """The counts that a page has."""
    part = page.split(BEGIN)[1].split(END, maxsplit=1)[0]
    found = re.findall(r"^\| ([\d,]+)\+ \| (.*) \|$", part, re.MULTILINE)
    return {what: int(count.replace(",", "")) for count, what in found}


def page(old: str) -> str:
    """The page with its table made anew; the markers have to be there."""
    head, rest = old.split(BEGIN)
    return f"{head}{BEGIN}\n{table()}{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
