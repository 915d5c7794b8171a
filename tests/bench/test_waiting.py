from __future__ import annotations

import pytest

from bench import waiting
from bench.waiting import Operation


def test_a_wait_ends_with_the_first_look_after_the_operation_and_tells_by_how_much_it_is_late() -> None:
    assert waiting.wait_for(Operation("stop", 31.5), waiting.waiter) == (13.5, 4)
    assert waiting.wait_for(Operation("stop", 30), waiting.waiter) == (0, 3)
    assert waiting.wait_for(Operation("stop", 31.5), waiting.backoff) == (62 - 31.5, 6)


@pytest.mark.parametrize(("elapsed", "percent"), [(0, 0), (50, 25), (99, 98), (500, 99)])
def test_the_progress_is_bent_and_never_100_before_the_end(elapsed: int, percent: int) -> None:
    assert Operation("snapshots", 100, bend=2).percent(elapsed) == percent


def test_the_progress_comes_in_steps() -> None:
    assert [Operation("snapshots", 100, bend=1, step=20).percent(at) for at in (19, 20, 79, 100)] == [
        0,
        20,
        60,
        99,
    ]


def test_what_shows_no_progress_has_none() -> None:
    assert Operation("stop", 100).percent(50) is None


def test_the_same_refreshes_are_simulated_each_time() -> None:
    assert waiting.refreshes(3) == waiting.refreshes(3)
    assert waiting.refreshes(3)[0] != waiting.refreshes(3)[1]


def test_totals_add_the_waits_of_each_refresh() -> None:
    several = [[Operation("a", 10), Operation("b", 20)], [Operation("c", 15)]]
    found = waiting.totals(waiting.waiter, several)
    assert (found.delays, found.looks) == ([15, 0], [5, 2])
    assert (found.mean_delay, found.quantile(50), found.quantile(99)) == (7.5, 0, 15)
