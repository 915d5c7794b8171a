"""Writes the standard retriers and catchers into the definitions, and lays the definitions out.

A retrier or catcher takes one line. Other values take one line where they fit; states never do.

usage: python -m tools.format_definitions
"""

from __future__ import annotations

import copy
import json
from typing import Any

from tools.project import DEFINITIONS, TRUNK, definition, standards

_WIDTH = 120
_INDENT = "  "
# Each of their items is one line, however long.
_ONE_LINE_ITEMS = {"Retry", "Catch", "Choices"}

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
    follows = {
        after: state.pop(after) for after in ("Catch", "Next", "End") if after in state and after != key
    }
    state |= {key: value, **follows}


def formatted(definition: Definition) -> str:
    """The definition as text."""
    return _text(definition, 0, "") + "\n"


def _text(value: Any, depth: int, key: str) -> str:
    flat = json.dumps(value, ensure_ascii=False)
    room = _WIDTH - len(_INDENT) * depth - len(key)
    if (
        not value
        or not isinstance(value, dict | list)
        or (len(flat) <= room and "Type" not in value and depth > 1)
    ):
        return flat
    inner = "\n" + _INDENT * (depth + 1)
    if isinstance(value, list):
        items = [
            _text(item, depth + 1, "") if key not in _ONE_LINE_ITEMS else json.dumps(item, ensure_ascii=False)
            for item in value
        ]
        return f"[{inner}{f',{inner}'.join(items)}\n{_INDENT * depth}]"
    items = [f"{json.dumps(name)}: {_text(item, depth + 1, name)}" for name, item in value.items()]
    return f"{{{inner}{f',{inner}'.join(items)}\n{_INDENT * depth}}}"


def main() -> None:
    """Format every definition, and retry.json."""
    for name, path in DEFINITIONS.items():
        path.write_text(formatted(with_standards(name, definition(name), standards())), encoding="utf-8")


if __name__ == "__main__":
    main()
