"""The wait for the last call of a run that was cut off."""

from __future__ import annotations

import threading

from sandbox.ministack import calls

RUN = "arn:aws:states:us-east-1:123456789012:execution:web:cut-off"


def waits_for(run: str, seconds: float) -> tuple[threading.Thread, threading.Event]:
    over = threading.Event()

    def wait() -> None:
        calls.wait_for_end(run, seconds)
        over.set()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread, over


def test_the_wait_lasts_until_each_call_of_the_run_has_ended() -> None:
    with calls.under_way(RUN):
        with calls.under_way(RUN):
            thread, over = waits_for(RUN, 60)
        assert not over.wait(0.05)
    thread.join(60)
    assert over.is_set()


def test_calls_of_other_runs_are_not_waited_for() -> None:
    with calls.under_way("another"):
        assert waits_for(RUN, 60)[1].wait(30)


def test_the_wait_for_a_call_that_does_not_end_has_a_limit() -> None:
    with calls.under_way(RUN):
        assert waits_for(RUN, 0.01)[1].wait(30)
