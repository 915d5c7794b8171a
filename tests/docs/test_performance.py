"""The pages that `make performance` writes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bench.__main__ import BENCHMARKS
from tests.docs.markdown import page, rows
from tools import performance

LINES: list[dict[str, Any]] = [
    {
        "figure": "waiting/mean delay",
        "ours": 9.188,
        "theirs": 30.07,
        "ratio": 0.3056,
        "unit": "s",
        "atMost": 0.4,
    },
    {"figure": "waiting/calls/Stop Source", "ours": 1, "theirs": None, "ratio": None, "unit": "calls"},
    {"figure": "waiting/16384 GiB", "ours": 72.0, "theirs": 19830.0, "ratio": 0.003631, "unit": "s"},
]


def test_a_table_has_the_units_and_leaves_out_what_there_is_not() -> None:
    assert rows(performance.table(LINES, "waiting/")) == [
        ["mean delay", "9.188 s", "30.07 s", "0.306", "0.4"],
        ["calls/Stop Source", "1 calls", "", "", ""],
        ["16384 GiB", "72 s", "19,830 s", "0.00363", ""],
    ]


def test_each_table_is_made_anew_between_its_markers() -> None:
    text = "a\n<!-- figures: waiting/calls/ -->\nold\n<!-- end -->\nb\n"
    made = performance.with_tables(text, LINES)
    assert made.splitlines()[4:] == ["| Stop Source | 1 calls |  |  |  |", "<!-- end -->", "b"]
    assert performance.with_tables(made, LINES) == made


def test_a_section_without_figures_is_told() -> None:
    with pytest.raises(SystemExit, match="no figure begins with footprint/"):
        performance.with_tables("<!-- figures: footprint/ -->\n<!-- end -->", LINES)


def test_the_page_has_figures_of_every_benchmark() -> None:
    text = page("docs/explanations/performance.md").text
    shown = re.findall(r"<!-- figures: (\w+)/\S* -->\n(.*?)\n<!-- end -->", text, re.DOTALL)
    assert {name for name, _ in shown} == set(BENCHMARKS)
    assert [name for name, table in shown if not rows(table)] == []
