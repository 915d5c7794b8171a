"""Writes the standard retriers and catchers into the definitions, and lays the definitions out.

A retrier or catcher takes one line, and so does a list of one. Other values take one line where they fit;
states never do.

usage: python -m tools.format_definitions
"""

from __future__ import annotations

import copy
import json
from typing import Any

from tools.project import DEFINITIONS, TRUNK, definition, standards

_WIDTH = 120
_INDENT = "  "
# Below the definition, its States and a state.
_DEPTH_OF_A_FIELD = 3
# Each of their items is one line, however long.
_ONE_LINE_ITEMS = {"Retry", "Catch", "Choices"}
_LAST = ("Catch", "Next", "End")

Definition = dict[str, Any]


def with_standards(name: str, definition: Definition, standards: dict[str, Any]) -> Definition:
    """A definition whose Tasks have the retriers and catchers that retry.json names for them.

    A Task of the trunk with catchers of its own keeps them; a Task of a child has none, since its failure
    ends the child and the caller catches it.
    """
    new = copy.deepcopy(definition)
    for state_name, state in new["States"].items():
        if state["Type"] != "Task":
            continue
        _set_before_next(state, "Retry", retriers(state_name, state, standards))
        caught = catchers(name, state_name, state, standards)
        if caught is not None:
            _set_before_next(state, "Catch", caught)
    return new


def retriers(state_name: str, state: dict[str, Any], standards: dict[str, Any]) -> list[Any]:
    """The retriers that retry.json names for a Task."""
    names = (
        standards["RetriersOfStates"].get(state_name) or standards["RetriersOfResources"][state["Resource"]]
    )
    return [standards["Retriers"][name] for name in names]


def catchers(
    name: str, state_name: str, state: dict[str, Any], standards: dict[str, Any]
) -> list[Any] | None:
    """The catchers that retry.json names for a Task; None for one that has its own, or needs none."""
    named = standards["CatchersOfStates"].get(state_name)
    if named is None:
        usual = standards["Catchers"]["failure"]
        own = [one for one in state.get("Catch", []) if one["Next"] != usual["Next"]]
        if name != TRUNK or own:
            return None
        named = ["failure"]
    return [standards["Catchers"][one] for one in named]


def _set_before_next(state: dict[str, Any], key: str, value: object) -> None:
    state.pop(key, None)
    follows = {after: state.pop(after) for after in _LAST if after in state}
    state |= {key: value, **follows}


def formatted(definition: Definition) -> str:
    """The definition as text."""
    return _text(definition, 0, "") + "\n"


def _text(value: Any, depth: int, key: str) -> str:
    """A value; `key` is the name that it stands under, in an object or in the list that holds it."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value:
        return flat
    fits = len(_INDENT) * depth + len(key) + len(flat) <= _WIDTH
    if isinstance(value, list) and len(value) == 1 and key in _ONE_LINE_ITEMS:
        return flat
    if depth >= _DEPTH_OF_A_FIELD and (fits or (isinstance(value, dict) and key in _ONE_LINE_ITEMS)):
        return flat
    if isinstance(value, list):
        parts, opening, closing = [_text(item, depth + 1, key) for item in value], "[", "]"
    else:
        parts = [f"{json.dumps(name)}: {_text(item, depth + 1, name)}" for name, item in value.items()]
        opening, closing = "{", "}"
    inner = "\n" + _INDENT * (depth + 1)
    return f"{opening}{inner}{f',{inner}'.join(parts)}\n{_INDENT * depth}{closing}"


def main() -> None:
    """Format every definition, and retry.json."""
    for name, path in DEFINITIONS.items():
        path.write_text(formatted(with_standards(name, definition(name), standards())), encoding="utf-8")


if __name__ == "__main__":
    main()
