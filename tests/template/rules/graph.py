"""The definition as a graph: where each state leads, and what is assigned on the way."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

States = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Edge:
    """A way from one state to another, with the variables that are assigned on it."""

    source: str
    target: str
    assigned: dict[str, Any]


def edges(states: States) -> list[Edge]:
    return [edge for name, state in states.items() for edge in _edges(name, state)]


def _edges(name: str, state: dict[str, Any]) -> Iterator[Edge]:
    own = state.get("Assign", {})
    for way in state.get("Choices", []):
        yield Edge(name, way["Next"], way.get("Assign", {}))
    for way in state.get("Catch", []):
        yield Edge(name, way["Next"], way.get("Assign", {}))
    for key in ("Next", "Default"):
        if key in state:
            yield Edge(name, state[key], own)


def reachable(ways: Iterable[Edge], start: str) -> set[str]:
    """All states that a run may come to from `start`, itself included."""
    ways = list(ways)
    found, left = {start}, [start]
    while left:
        here = left.pop()
        new = {way.target for way in ways if way.source == here} - found
        found |= new
        left += new
    return found


def on_a_cycle(ways: Iterable[Edge]) -> set[str]:
    """All states that lead back to themselves."""
    ways = list(ways)
    return {way.source for way in ways if way.source in reachable(ways, way.target)}


def unassigned_reads(definition: dict[str, Any]) -> set[str]:
    """`state: variable` for each variable that is read and not assigned on every path before."""
    states, start = definition["States"], definition["StartAt"]
    ways = edges(states)
    reached = reachable(ways, start)
    sure = _assigned_before([way for way in ways if way.source in reached], start)
    return {
        f"{name}: {variable}"
        for name in reached & states.keys()
        for variable in variables_read(states[name]) - sure[name]
    }


def _assigned_before(ways: list[Edge], start: str) -> dict[str, set[str]]:
    """The variables that are assigned on every path to each state."""
    every = {variable for way in ways for variable in way.assigned}
    sure = {way.target: set(every) for way in ways} | {start: set()}
    changed = True
    while changed:
        changed = False
        for way in ways:
            left = sure[way.target] & (sure[way.source] | way.assigned.keys())
            changed |= left != sure[way.target]
            sure[way.target] = left
    return sure


def texts(value: object) -> Iterator[str]:
    """Every text in a state."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


def variables_read(state: dict[str, Any]) -> set[str]:
    """The workflow variables that a state's expressions read; not functions, nor what is local to one."""
    found = set()
    for text in texts(state):
        if text.startswith("{%"):
            expression = re.sub(r"'[^']*'|/\^.*?\$/", "''", text)
            parameters = " ".join(re.findall(r"function\(([^)]*)\)", expression))
            local = set(re.findall(r"\$(\w+)\s*:=", expression)) | set(re.findall(r"\$(\w+)", parameters))
            found |= set(re.findall(r"\$([A-Za-z]\w*)\b(?!\s*\()", expression)) - local
    return found - {"states"}
