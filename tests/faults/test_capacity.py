"""The floor of a rolled group, judged by its members at every change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.matrix import capacity

if TYPE_CHECKING:
    from collections.abc import Iterable


def below(*counts: tuple[int, int], percent: int = 100, refresh: str = "own") -> list[str]:
    """What is below the floor, of (in service, desired) at each change."""
    changes: Iterable[dict[str, Any]] = [
        {"at": number, "inService": served, "desired": desired, "refresh": refresh}
        for number, (served, desired) in enumerate(counts)
    ]
    return list(capacity._below(changes, percent, ["theirs"]))


def test_a_group_that_gets_one_more_before_one_leaves_is_never_below_its_floor() -> None:
    assert below((3, 3), (4, 3), (3, 3), (4, 3), (3, 3)) == []


def test_one_less_than_promised_is_told_with_the_moment() -> None:
    assert below((3, 3), (2, 3), (3, 3)) == ["2 in service at 1 s, 100% of 3 are promised"]


@pytest.mark.parametrize(("percent", "found"), [(50, 0), (67, 1), (90, 1)])
def test_the_share_that_is_promised_is_rounded_up(percent: int, found: int) -> None:
    assert len(below((3, 3), (2, 3), percent=percent)) == found


def test_fewer_that_somebody_wants_lower_the_floor() -> None:
    assert below((3, 3), (3, 2), (2, 2)) == []
    assert below((3, 3), (3, 2), (2, 2), (1, 2)) != []


def test_more_that_somebody_wants_count_once_they_are_in_service() -> None:
    assert below((3, 3), (3, 4), (4, 4)) == []
    assert below((3, 3), (3, 4), (4, 4), (3, 4)) != []


def test_what_a_refresh_of_somebody_else_takes_out_of_service_is_theirs() -> None:
    assert below((3, 3), (1, 3), (3, 3), refresh="theirs") == []
    assert below((3, 3), (1, 3), (3, 3)) != []


def test_a_group_is_judged_that_was_never_whole_again() -> None:
    assert len(below((3, 3), (0, 3), (1, 3), (2, 3))) == 3
