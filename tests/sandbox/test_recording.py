"""Evaluations are written down once each, with what their expressions name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from ministack.services import stepfunctions as states

from sandbox.ministack import recording

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONTEXT = {"State": {"Name": "S"}, "QueryLanguage": "JSONata", "variables": {"a": 1, "b": 2}}


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    """Record evaluations of this process; answers the lines."""
    file = tmp_path / "record.jsonl"
    monkeypatch.setenv("JSONATA_RECORD", str(file))
    monkeypatch.setattr(states, "_evaluate_jsonata", states._evaluate_jsonata)
    recording.install()
    return lambda: [json.loads(line) for line in file.read_text().splitlines()]


def test_an_evaluation_is_recorded_with_the_variables_that_it_names(
    record: Callable[[], list[dict[str, Any]]],
) -> None:
    assert states._evaluate_jsonata("$a + 1", {"x": 1}, CONTEXT) == 2
    assert states._evaluate_jsonata("$states.result.y", {"x": 1}, CONTEXT, result={"y": 3}) == 3

    told = {"input": {"x": 1}, "context": {"State": {"Name": "S"}}, "result": {"y": 3}}
    assert record() == [
        {"expression": "$a + 1", "bindings": {"a": 1}, "value": 2},
        {"expression": "$states.result.y", "bindings": {"states": told}, "value": 3},
    ]


def test_a_failed_evaluation_is_recorded_and_still_fails(record: Callable[[], list[dict[str, Any]]]) -> None:
    with pytest.raises(states._ExecutionError):
        states._evaluate_jsonata("$missing", {}, CONTEXT)

    assert [line.keys() for line in record()] == [{"expression", "bindings", "error"}]


def test_the_same_evaluation_is_recorded_once(record: Callable[[], list[dict[str, Any]]]) -> None:
    for number in (1, 1, 2, 1):
        states._evaluate_jsonata("$a", {}, {"variables": {"a": number}})

    assert [line["value"] for line in record()] == [1, 2]
