from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden_image import polling
from golden_image.errors import SnapshotTimedOut

TIMED_OUT = SnapshotTimedOut("still at 37%")
WEEK = 604_800
# Entered and exited Wait, Task and Choice, and the Task's scheduled, started and succeeded.
EVENTS_OF_A_LOOK = 9
PERCENTS = [None, *range(100)]


def looks(limit: int, percents: list[int | None]) -> int:
    """The number of looks at something that takes so many seconds and shows the worst progress of these."""
    waited = 0
    for count in itertools.count():
        if waited >= limit:
            return count
        waited += min(polling.seconds(waited, percent, "i-1") for percent in percents)
    raise AssertionError


def test_a_finished_check_waits_no_longer() -> None:
    assert polling.finished("100%") == polling.Check(done=True, wait_seconds=0, progress="100%")


def test_a_pending_check_says_how_far_it_is_and_when_to_look_again() -> None:
    check = polling.pending("snap-1", 0, 900, 37, TIMED_OUT)
    assert (check.done, check.progress) == (False, "37%")
    assert 3 <= check.wait_seconds <= 5


def test_a_stage_that_has_waited_its_limit_ends_with_its_own_error() -> None:
    with pytest.raises(SnapshotTimedOut, match="still at 37%"):
        polling.pending("snap-1", 900, 900, "37%", TIMED_OUT)


@given(st.integers(1, WEEK))
def test_the_last_look_is_at_the_limit_and_never_after_it(limit: int) -> None:
    waited = 0
    while waited < limit:
        waited += polling.pending("snap-1", waited, limit, "", TIMED_OUT).wait_seconds
    assert waited == limit


@given(st.integers(0, 86_400), st.sampled_from(PERCENTS), st.text())
def test_a_wait_of_the_first_day_is_3_seconds_to_5_minutes(
    elapsed: int, percent: int | None, what: str
) -> None:
    assert 3 <= polling.seconds(elapsed, percent, what) < 300


@given(st.integers(0, WEEK), st.sampled_from(PERCENTS), st.text())
def test_the_same_question_has_the_same_answer(elapsed: int, percent: int | None, what: str) -> None:
    assert polling.seconds(elapsed, percent, what) == polling.seconds(elapsed, percent, what)


@given(st.integers(0, WEEK), st.sampled_from(PERCENTS))
def test_an_older_operation_is_looked_at_less_often(elapsed: int, percent: int | None) -> None:
    # Twice the age is more than what the spread of a tenth either way can hide.
    younger, older = (polling.seconds(age, percent, "i-1") for age in (elapsed, 2 * elapsed))
    assert younger <= older + 1 or younger > 210


def test_a_snapshot_that_is_far_from_its_end_is_left_alone_and_looked_at_closely_near_it() -> None:
    waits = [polling.seconds(1800, percent, "snap-1") for percent in (10, 50, 60, 70, 80)]
    assert waits == sorted(waits, reverse=True)
    assert waits[0] > 180
    assert waits[-1] < 10


def test_the_end_of_an_operation_that_goes_on_like_that_is_not_waited_past_by_far() -> None:
    for elapsed, percent in itertools.product((60, 600, 6000), range(5, 90, 5)):
        left = elapsed * (100 - percent) / percent
        assert polling.seconds(elapsed, percent, "snap-1") <= max(6, left / 6)


def test_runs_that_began_together_do_not_look_together() -> None:
    waits = Counter(polling.seconds(400, None, f"i-{number}") for number in range(1000))
    assert min(waits) == 9
    assert max(waits) == 11
    later = Counter(polling.seconds(4000, None, f"i-{number}") for number in range(1000))
    assert max(later.values()) < 100


def test_two_waits_of_a_week_stay_below_the_history_that_a_run_may_have() -> None:
    either, without_progress = looks(WEEK, PERCENTS), looks(WEEK, [None])
    assert EVENTS_OF_A_LOOK * (either + without_progress) < 24_000


def test_an_undo_that_waits_for_a_week_of_rolling_stays_below_the_history_that_a_run_may_have() -> None:
    waited, passes = 0, 0
    while waited < WEEK + 3600:
        waited, passes = waited + polling.pass_seconds(waited), passes + 1
    assert EVENTS_OF_A_LOOK * passes < 20_000
    assert [polling.pass_seconds(age) for age in (0, 3600, 10_000, WEEK)] == [20, 20, 40, 2419]
