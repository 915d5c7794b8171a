"""Lambda functions that end before they have answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_function_that_exits_is_started_anew(function: Callable[..., Any]) -> None:
    ask = function()
    before = ask("answer")["payload"]["pid"]

    failed = ask("exit")

    assert failed["payload"]["errorType"] == "Runtime.ExitError"
    after = ask("answer")["payload"]
    assert after["calls"] == 1
    assert after["pid"] != before


def test_a_function_that_hangs_is_ended_at_its_time_out(function: Callable[..., Any]) -> None:
    # A twentieth of it in real seconds.
    ask = function(timeout=20)

    failed = ask("hang")

    assert failed["payload"]["errorType"] == "Sandbox.Timedout"
    assert ask("answer")["payload"]["calls"] == 1
