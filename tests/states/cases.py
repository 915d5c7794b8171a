"""The cases of cases/*.yaml: one file a workflow, and in it each state by its name.

`input` and `variables` at a file's top are what every case has, unless it says otherwise: a case's own
`input` and `variables` are laid over them, and what `drop` names is not in the input. Then, of a case:

    branch      of a Choice: the number of the rule that holds, or `default`
    result      of a Task: the mocked result of its service; `payload` is short for that of lambda:invoke
    error       of a Task, in place of a result: the mocked error, `{error: ..., cause: ...}`
    arguments   of a Task: what the service gets; `sent` is short for the Payload of lambda:invoke
    next        the next state
    assigned    the variables that the state assigns, no more
    output      of the state, unless it is what comes by itself: a task's result or error, another's input
    fails       of a Fail: its error and cause

`<any>`, `<time>` and `<text>` are what state.py's `matches` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tools.project import DEFINITIONS, definition

_FOLDER = Path(__file__).parent / "cases"
_LAMBDA = "arn:${Partition}:states:::lambda:invoke"


@dataclass(frozen=True)
class Case:
    """A state, what it is given, and what comes of it."""

    workflow: str
    state: str
    number: int
    run_input: dict[str, Any]
    variables: dict[str, Any]
    told: dict[str, Any]

    @property
    def definition(self) -> dict[str, Any]:
        """The state's own, its substitutions left as they are."""
        return state_of(self.workflow, self.state)

    @property
    def mock(self) -> dict[str, Any] | None:
        """TestState's mock; None for a state that is no task."""
        if self.definition["Type"] != "Task":
            return None
        return {"errorOutput": self.told["error"]} if "error" in self.told else {"result": self.result}

    @property
    def result(self) -> Any:
        """The mocked result of a task's service."""
        if "payload" in self.told:
            assert self.definition["Resource"] == _LAMBDA
            return {"ExecutedVersion": "1", "Payload": self.told["payload"], "StatusCode": 200}
        return self.told["result"]

    @property
    def output(self) -> Any:
        """What the state should put out."""
        if "output" in self.told:
            return self.told["output"]
        if "error" in self.told:
            return {"Error": self.told["error"]["error"], "Cause": self.told["error"]["cause"]}
        return self.result if self.definition["Type"] == "Task" else self.run_input

    def __str__(self) -> str:
        branch = f" {self.told['branch']}" if "branch" in self.told else ""
        return f"{self.workflow}: {self.state}{branch} ({self.number})"


@cache
def state_of(workflow: str, state: str) -> dict[str, Any]:
    """A state's definition."""
    states: dict[str, dict[str, Any]] = definition(workflow)["States"]
    return states[state]


@cache
def cases_of(workflow: str) -> tuple[Case, ...]:
    """All cases of a workflow."""
    told = yaml.safe_load((_FOLDER / f"{workflow}.yaml").read_text(encoding="utf-8"))
    return tuple(
        _case(workflow, state, number, told, case)
        for state, cases in told["states"].items()
        for number, case in enumerate(cases, 1)
    )


def _case(workflow: str, state: str, number: int, common: dict[str, Any], told: dict[str, Any]) -> Case:
    variables = {**common["variables"], **told.get("variables", {})}
    whole = {**common["input"], **told.get("input", {})}
    run_input = {name: value for name, value in whole.items() if name not in told.get("drop", [])}
    return Case(workflow, state, number, run_input, variables, told)


CASES = [case for workflow in DEFINITIONS for case in cases_of(workflow)]
