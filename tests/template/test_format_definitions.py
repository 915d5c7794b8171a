"""`make format` writes the standard retriers and catchers into the definitions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tools.format_definitions import formatted, with_standards
from tools.project import DEFINITIONS, TRUNK, definition, standards

STANDARDS = standards()
LAMBDA = "arn:${Partition}:states:::lambda:invoke"


def of_task(name: str, **own: Any) -> dict[str, Any]:
    """What a Task of a definition becomes."""
    task = {"Type": "Task", "Resource": LAMBDA, "Next": "Done", **own}
    whole = {"StartAt": "Look", "States": {"Look": task, "Done": {"Type": "Succeed"}}}
    return dict(with_standards(name, whole, STANDARDS)["States"]["Look"])


def named(kind: str, *names: str) -> list[Any]:
    return [STANDARDS[kind][name] for name in names]


def test_a_new_task_of_the_trunk_gets_retriers_and_the_catcher() -> None:
    made = of_task(TRUNK)
    assert made["Retry"] == named("Retriers", "lambdaFault", "functionDied", "tryAgain")
    assert made["Catch"] == named("Catchers", "failure")
    assert list(made)[-3:] == ["Retry", "Catch", "Next"]


def test_a_new_task_of_a_child_gets_retriers_and_catches_nothing() -> None:
    made = of_task("undo", Resource="arn:${Partition}:states:::sns:publish")
    assert made["Retry"] == named("Retriers", "callFailed")
    assert "Catch" not in made


def test_what_differs_from_the_standard_is_written_anew() -> None:
    old = [{"ErrorEquals": ["States.ALL"], "Next": "Undo"}]
    made = of_task(TRUNK, Retry=[{"ErrorEquals": ["Any"]}], Catch=old)
    assert made["Retry"][0]["MaxAttempts"] == 8
    assert made["Catch"] == named("Catchers", "failure")


def test_a_catcher_that_leads_elsewhere_is_kept() -> None:
    own = [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]
    assert of_task(TRUNK, Catch=own)["Catch"] == own


def test_a_resource_without_retriers_is_an_error() -> None:
    with pytest.raises(KeyError, match="sqs"):
        of_task(TRUNK, Resource="arn:${Partition}:states:::sqs:sendMessage")


@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_layout_changes_no_value_and_gives_each_retrier_a_line(name: str) -> None:
    text = formatted(definition(name))
    assert json.loads(text) == definition(name)
    retriers = [one for state in definition(name)["States"].values() for one in state.get("Retry", [])]
    # A list of one takes a line with its name.
    lines = [line.strip().rstrip(",") for line in text.splitlines()]
    own = {line.removeprefix('"Retry": [').removesuffix("]") for line in lines}
    assert {json.dumps(retrier) for retrier in retriers} <= own
