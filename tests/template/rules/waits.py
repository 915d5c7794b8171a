"""Rules of the waits: every loop has a check, a question and a pause, and a limit that one table names."""

from __future__ import annotations

import re

from tests.template.rules import graph
from tests.template.rules.base import Project, State, drop, put, rule
from tools.project import TRUNK

_LIMIT = re.compile(r"\{% \$(?:plan|states\.context\.Execution\.Input)\.timeouts\.\w+ %\}|[1-9]\d*")
_WAIT, _CHECK = (TRUNK, "Wait for Image"), (TRUNK, "Check Image")
_UNDO = ("undo", "Roll Back")


@rule(
    (put(15, *_WAIT, "Seconds"), "Wait for Image"),
    (put("{% $stopCheck.waitSeconds %}", *_WAIT, "Seconds"), "Wait for Image"),
    (drop(*_WAIT, "Assign"), "Wait for Image"),
    (put("{% 0 %}", *_CHECK, "Arguments", "Payload", "waited"), "Wait for Image"),
    (drop(*_CHECK, "Arguments", "Payload", "limit"), "Wait for Image"),
)
def a_wait_lasts_as_long_as_its_check_says_and_is_counted(project: Project) -> list[str]:
    found = []
    for wait in waits(project):
        check = project.definitions[wait.definition]["States"][wait.own["Next"]]
        asked = re.fullmatch(r"\{% \$(\w+)\.waitSeconds %\}", str(wait.own.get("Seconds")))
        answer = asked[1] if asked else ""
        kept = (
            check.get("Assign", {}).get(answer) == "{% $states.result.Payload %}"
            and wait.own.get("Assign", {}).get("waited") == f"{{% $waited + ${answer}.waitSeconds %}}"
            and _is_bounded(check)
        )
        if not kept:
            found.append(wait.name)
    return found


def waits(project: Project) -> list[State]:
    """Those of loops."""
    loops = {name: graph.on_a_cycle(graph.edges(w["States"])) for name, w in project.definitions.items()}
    return [s for s in project.states if s.own["Type"] == "Wait" and s.name in loops[s.definition]]


@rule(
    (put("{% $waited %}", "undo", "Wait for Last Call", "Seconds"), "Wait for Last Call"),
    (put("Begin Undo", "undo", "Wait for Last Call", "Next"), "no wait for the last call"),
)
def the_one_wait_without_a_loop_is_for_the_last_call_of_a_run(project: Project) -> list[str]:
    """The sandbox knows it by its Seconds, for it measures functions at work."""
    in_loops = {state.name for state in waits(project)}
    others = [s for s in project.states if s.own["Type"] == "Wait" and s.name not in in_loops]
    found = [s.name for s in others if s.own["Seconds"] != "{% $begun.waitSeconds %}"]
    return found if others else ["no wait for the last call"]


def _is_bounded(state: dict[str, object]) -> bool:
    """A check that is told how long the run has waited, and ends it at a limit of the plan or a fixed one."""
    arguments = state.get("Arguments")
    payload = arguments.get("Payload", {}) if isinstance(arguments, dict) else {}
    limited = _LIMIT.fullmatch(str(payload.get("limit")))
    return limited is not None and payload.get("waited") == "{% $waited %}"


@rule(
    (put("Lock Group", TRUNK, "Stop Source", "Next"), "Lock Group"),
    (drop(*_CHECK, "Arguments", "Payload", "limit"), "Check Image"),
    (put(0, *_UNDO, "Arguments", "Payload", "limit"), "Roll Back"),
    (put("{% $waited + 1 %}", *_UNDO, "Arguments", "Payload", "limit"), "Roll Back"),
)
def every_loop_holds_a_check_with_a_limit(project: Project) -> list[str]:
    found: set[str] = set()
    for whole in project.definitions.values():
        states = whole["States"]
        bounded = {name for name, state in states.items() if _is_bounded(state)}
        ways = [way for way in graph.edges(states) if not {way.source, way.target} & bounded]
        found |= graph.on_a_cycle(ways)
    return sorted(found)


@rule(
    (drop("roll_out", "Drain Group", "Assign", "waited"), "Drain Group"),
    (drop("undo", "Begin Undo", "Assign", "waited"), "Roll Back?"),
    (drop(TRUNK, "Register Image?", "Assign", "waited"), "Register Image?"),
)
def a_loop_starts_counting_at_zero(project: Project) -> list[str]:
    """In the state that leads to its check, or in the one before a question that does."""
    found = []
    for whole in project.definitions.values():
        states, ways = whole["States"], graph.edges(whole["States"])
        for way in ways:
            if not _is_bounded(states[way.target]) or states[way.source]["Type"] == "Wait":
                continue
            before = [other for other in ways if other.target == way.source]
            asked = states[way.source]["Type"] == "Choice" and before
            zero = way.assigned.get("waited") == 0 or (
                asked and all(other.assigned.get("waited") == 0 for other in before)
            )
            if not zero:
                found.append(way.source)
    return found


@rule(
    (put("Refresh Complete", "definitions", TRUNK, "StartAt"), "Plan Refresh"),
    (put("Rolled Out", "roll_out", "Restore Capacity?", "Choices", 0, "Next"), "Restore Capacity"),
    (put("Nowhere", TRUNK, "Stop Source", "Next"), "Nowhere"),
)
def every_state_is_reached_and_leads_to_a_state(project: Project) -> list[str]:
    found: set[str] = set()
    for whole in project.definitions.values():
        found |= graph.reachable(graph.edges(whole["States"]), whole["StartAt"]) ^ set(whole["States"])
    return sorted(found)
