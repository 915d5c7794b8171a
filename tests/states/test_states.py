"""Each state alone: from input, variables and a task's result to next state, output and assigned variables.

The same tests run against AWS: see conftest.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.states.cases import CASES, Case, cases_of, state_of
from tests.states.state import matches
from tools.project import DEFINITIONS, definition

if TYPE_CHECKING:
    from tests.states.state import Answer, Tester


def ask(tester: Tester, case: Case) -> Answer:
    return tester.ask(
        case.workflow,
        case.state,
        run_input=case.run_input,
        variables=case.variables,
        mock=case.mock,
    )


def same(expected: Any, actual: Any) -> None:
    assert matches(expected, actual), f"expected {expected}\n  actual {actual}"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_state_does_what_its_case_says(tester: Tester, case: Case) -> None:
    told, answer = case.told, ask(tester, case)

    if case.definition["Type"] == "Fail":
        assert answer.status == "FAILED"
        same(told["fails"], {"error": answer.error, "cause": answer.cause})
        return
    assert answer.status == ("CAUGHT_ERROR" if "error" in told else "SUCCEEDED"), answer
    assert answer.next_state == told.get("next")
    same(case.output, answer.output)
    same({**case.variables, **told.get("assigned", {})}, answer.variables)
    if "sent" in told:
        same(told["sent"], answer.arguments["Payload"])
    if "arguments" in told:
        same(told["arguments"], answer.arguments)


@pytest.mark.parametrize("workflow", DEFINITIONS)
def test_every_state_has_a_case(workflow: str) -> None:
    assert {case.state for case in cases_of(workflow)} == definition(workflow)["States"].keys()


@pytest.mark.parametrize("workflow", DEFINITIONS)
def test_every_branch_of_a_choice_has_a_case(workflow: str) -> None:
    branches = {
        (name, branch)
        for name, state in definition(workflow)["States"].items()
        if state["Type"] == "Choice"
        for branch in [*range(len(state["Choices"])), *(["default"] if "Default" in state else [])]
    }
    tested = {(case.state, case.told["branch"]) for case in cases_of(workflow) if "branch" in case.told}

    assert tested == branches


@pytest.mark.parametrize("case", [case for case in CASES if "branch" in case.told], ids=str)
def test_a_branch_is_the_one_that_its_case_names(case: Case) -> None:
    """Rules that lead to the same state differ in what they assign."""
    choice, branch = state_of(case.workflow, case.state), case.told["branch"]
    rule = choice if branch == "default" else choice["Choices"][branch]

    assert case.told["next"] == rule["Default" if branch == "default" else "Next"]
    assert case.told.get("assigned", {}).keys() == rule.get("Assign", {}).keys()


@pytest.mark.parametrize(
    "case", [case for case in CASES if "branch" not in case.told and "error" not in case.told], ids=str
)
def test_a_case_names_every_variable_that_its_state_assigns(case: Case) -> None:
    assert case.told.get("assigned", {}).keys() == case.definition.get("Assign", {}).keys()


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ({"a": ["<time>", "x <text>"]}, {"a": ["2026-11-29T09:10:00Z", "x\ny"]}, False),
        ({"a": ["<time>", "x<text>"]}, {"a": ["2026-11-29T09:10:00Z", "x\ny"]}, True),
        ("<time>", "yesterday", False),
        ({"a": "<any>"}, {"a": [1]}, True),
        ([1], [1, 2], False),
        ({"a": None}, {}, False),
        (0, False, False),
        (1, 1.0, True),
    ],
)
def test_values_are_compared_to_the_last_part(expected: Any, actual: Any, same: bool) -> None:
    assert matches(expected, actual) is same
