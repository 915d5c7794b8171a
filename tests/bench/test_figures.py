from __future__ import annotations

import json

import pytest

from bench.figures import Figure


@pytest.mark.parametrize(
    ("ours", "theirs", "at_most", "met"),
    [
        (4, 10, 0.4, True),
        (5, 10, 0.4, False),
        (5.9, None, 6, True),
        (6.1, None, 6, False),
        (5, 0, 0.4, False),
        (5, 10, None, True),
    ],
)
def test_a_bar_is_for_the_ratio_or_for_ours_alone(
    ours: float, theirs: float | None, at_most: float | None, met: bool
) -> None:
    assert Figure("a", ours, theirs, "s", at_most).met == met


def test_a_line_has_four_digits_of_each_number() -> None:
    line = json.loads(Figure("waiting/p99", 12.34567, 40, "s", 0.5).to_json())
    assert line == {
        "figure": "waiting/p99",
        "ours": 12.35,
        "theirs": 40,
        "ratio": 0.3086,
        "unit": "s",
        "atMost": 0.5,
        "met": True,
    }
    assert json.loads(Figure("calls", 3, None, "calls").to_json()) == {
        "figure": "calls",
        "ours": 3,
        "theirs": None,
        "ratio": None,
        "unit": "calls",
    }
