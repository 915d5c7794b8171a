"""The one table of what bounds which wait is what the definitions say."""

from __future__ import annotations

import re
from typing import Any

from golden_image import errors
from tests.docs.markdown import page, rows
from tools.project import DEFINITIONS, definition

_TIMEOUT = re.compile(r"\{% \$(?:plan|states\.context\.Execution\.Input)\.(timeouts\.\w+) %\}")


def _waits() -> list[tuple[str, str, str]]:
    """Each Wait of a loop, the check that follows it, and that check's limit, in the definitions' order."""
    found = []
    for name in DEFINITIONS:
        states: dict[str, Any] = definition(name)["States"]
        for wait, state in states.items():
            if state["Type"] == "Wait" and "waited" in state.get("Assign", {}):
                limit = states[state["Next"]]["Arguments"]["Payload"]["limit"]
                named = _TIMEOUT.fullmatch(str(limit))
                found.append((wait, state["Next"], f"`{named[1]}`" if named else f"{limit:,} s"))
    return found


def _table() -> list[list[str]]:
    return rows(page("docs/reference/chapters/run.md").section("## Time-outs"))


def test_each_wait_is_bounded_by_what_the_table_says() -> None:
    assert [(wait.strip("`"), check.strip("`"), limit) for wait, check, limit, _ in _table()] == _waits()


def test_each_time_out_ends_the_run_with_an_error_that_exists() -> None:
    named = {error.strip("`") for _, _, _, error in _table()}
    ends = {name for name in vars(errors) if name.endswith("TimedOut")} | {"RollBackIncomplete"}
    # The wait for people is no loop: its state has the time-out itself.
    assert named == ends - {"ApprovalTimedOut"}
