"""The faults in the states and the calls of a run's children."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.matrix.kinds import DENIED, MACHINE, Fault, Target, kinds_at
from sandbox.matrix.scenarios import SCENARIOS
from sandbox.matrix.schedules import CleanRun, Schedule

CREATE = next(scenario for scenario in SCENARIOS if scenario.name == "create")
OF_THE_RUN = Target(MACHINE, "workflow", "Stop Source")
OF_A_CHILD = Target("RollOut", "workflow", "Stop Source")


def effects(target: Target) -> list[dict[str, Any]]:
    """The rules of what can go wrong in a state without a function."""
    return [kind.rule(target) for kind in kinds_at(target, has_function=False)]


def test_a_run_can_end_in_its_own_states() -> None:
    assert effects(OF_THE_RUN) == [{"effect": "abort"}, {"effect": "timeout"}]


def test_in_a_childs_states_its_run_can_end_with_it_or_without_it_and_the_child_alone() -> None:
    assert effects(OF_A_CHILD) == [
        {"effect": "abort"},
        {"effect": "timeout"},
        {"effect": "abort", "children": False},
        {"effect": "abort", "target": "execution"},
        {"effect": "timeout", "target": "execution"},
    ]


def test_a_state_of_the_same_name_in_another_workflow_is_another_state() -> None:
    clean = CleanRun((), (OF_THE_RUN, OF_A_CHILD), frozenset({OF_A_CHILD}))

    assert [str(fault) for fault in clean.faults()] == [
        "aborted at Stop Source",
        "timed out at Stop Source",
        "killed at RollOut/Stop Source",
        "aborted at RollOut/Stop Source",
        "timed out at RollOut/Stop Source",
        "aborted alone at RollOut/Stop Source",
        "child aborted at RollOut/Stop Source",
        "child timed out at RollOut/Stop Source",
    ]


@pytest.mark.parametrize(
    ("service", "action", "ends"),
    [("stepfunctions", "StartExecution", ("FAILED",)), ("sns", "Publish", ("SUCCEEDED",))],
)
def test_a_run_is_not_committed_yet_when_it_starts_a_child(
    service: str, action: str, ends: tuple[str, ...]
) -> None:
    denied = Fault(DENIED, Target(MACHINE, service, action))

    assert Schedule(CREATE, (denied,)).may_end() == ends
