"""How a run is told, on a terminal and elsewhere."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from typing import Any

from sandbox.narration import Narration

NOW = datetime.now(UTC)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def entered(name: str) -> Any:
    return {"timestamp": NOW, "type": "TaskStateEntered", "stateEnteredEventDetails": {"name": name}}


def checked(progress: str) -> Any:
    output = json.dumps({"StatusCode": 200, "Payload": {"done": False, "progress": progress}})
    return {"timestamp": NOW, "type": "TaskSucceeded", "taskSucceededEventDetails": {"output": output}}


LOOP = [
    entered("Create Snapshots"),
    entered("Check Snapshots"),
    checked("12%"),
    entered("Wait for Snapshots"),
    entered("Check Snapshots"),
    checked("12%"),
    entered("Wait for Snapshots"),
    entered("Check Snapshots"),
    checked("100%"),
    entered("Register Image"),
]


def told(out: io.StringIO, events: list[Any]) -> str:
    Narration(0.01, out).tell(events)
    return out.getvalue()


def names(text: str) -> list[str]:
    """The lines without their clocks."""
    return [re.sub(r"^ *[\d.]+ s +\d+:\d\d +", "", line) for line in text.splitlines()[1:]]


def test_each_state_has_one_line_and_each_progress_one_more() -> None:
    assert names(told(io.StringIO(), LOOP)) == [
        "Create Snapshots",
        "Check Snapshots",
        "Check Snapshots: 12%",
        "Wait for Snapshots",
        "Check Snapshots: 100%",
        "Register Image",
    ]


def test_a_terminal_shows_progress_on_one_line_that_is_rewritten() -> None:
    text = told(Terminal(), LOOP[:3] + LOOP[7:])

    rewritten = next(line for line in text.split("\n") if "100%" in line)
    assert rewritten.count("\r\x1b[K") == 2
    assert text.endswith("Register Image\n")


def test_a_line_begins_with_real_and_virtual_time() -> None:
    head, line = told(io.StringIO(), [entered("Stop Source")]).splitlines()

    assert head == "    here   there"
    assert line.startswith("   0.0 s    0:0")


def test_an_answer_without_progress_is_not_told() -> None:
    event = {"timestamp": NOW, "type": "TaskSucceeded", "taskSucceededEventDetails": {"output": "[1]"}}

    assert told(io.StringIO(), [event]).splitlines() == ["    here   there"]


def test_a_state_that_only_makes_values_is_not_told() -> None:
    passed = entered("Describe Run") | {"type": "PassStateEntered"}

    assert names(told(io.StringIO(), [entered("Notify Completion"), passed, entered("Notify")])) == [
        "Notify Completion",
        "Notify",
    ]
