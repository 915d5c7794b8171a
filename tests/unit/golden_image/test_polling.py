from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden_image import polling
from golden_image.errors import SnapshotTimedOut

TIMED_OUT = SnapshotTimedOut("still at 37%")


def test_a_finished_check_waits_no_longer() -> None:
    assert polling.finished("100%") == polling.Check(done=True, wait_seconds=0, progress="100%")


def test_a_pending_check_says_how_far_it_is_and_when_to_look_again() -> None:
    check = polling.pending(0, 900, "37%", TIMED_OUT)
    assert (check.done, check.progress) == (False, "37%")
    assert 1 <= check.wait_seconds <= 15


def test_a_stage_that_has_waited_its_limit_ends_with_its_own_error() -> None:
    with pytest.raises(SnapshotTimedOut, match="still at 37%"):
        polling.pending(900, 900, "37%", TIMED_OUT)


@given(st.integers(1, 604_800))
def test_the_last_look_is_at_the_limit_and_never_after_it(limit: int) -> None:
    waited = looks = 0
    while waited < limit:
        waited += polling.pending(waited, limit, "", TIMED_OUT).wait_seconds
        looks += 1
    assert waited == limit
    # Nine events of history a look: two stages of a week stay below the 25,000 that a run may have.
    assert looks < 1000


@given(st.integers(0, 86_000))
def test_waits_grow_with_the_age_of_an_operation_to_five_minutes_on_its_first_day(waited: int) -> None:
    assert 0 < polling.seconds(waited) <= polling.seconds(waited + 60) <= 300
