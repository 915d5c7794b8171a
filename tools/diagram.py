"""Writes the diagram of each workflow between the markers of its page, as Mermaid draws it.

A wait, which is a check, a question and a pause, is one node with a ⟲. Where failures lead is drawn once.

usage: python -m tools.diagram
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tools.project import ROOT, TRUNK, definition

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = {
    TRUNK: ROOT / "docs/reference/workflow.md",
    "notify": ROOT / "docs/reference/chapters/notify.md",
    "prove_image": ROOT / "docs/reference/chapters/prove_image.md",
    "roll_out": ROOT / "docs/reference/chapters/roll_out.md",
    "run_document": ROOT / "docs/reference/chapters/run_document.md",
    "undo": ROOT / "docs/reference/chapters/undo.md",
}
BEGIN, END = "<!-- diagram: begin -->", "<!-- diagram: end -->"
_SHAPES = {"Choice": '{{{{"{}"}}}}', "Succeed": '(["{}"])', "Fail": '(["{}"])'}
_ON_FAILURE = "Undo"
_LONGEST_LABEL = 40

States = dict[str, dict[str, Any]]


def diagram(definition: dict[str, Any]) -> str:
    """A Mermaid flowchart of a state machine's definition."""
    states = _without_waits(definition["States"])
    names = {name: re.sub(r"\W", "", name.replace("?", "Choice")) for name in states}
    lines = ["flowchart TD"]
    for name, state in states.items():
        shape = _SHAPES.get(state["Type"], '["{}"]')
        lines.append(f"    {names[name]}{shape.format(state.get('Label', name))}")
    for name, state in states.items():
        lines += [f"    {names[name]} {arrow} {names[target]}" for arrow, target in _ways(state)]
    if _ON_FAILURE in names:
        lines.append(f'    any["any error before the run is committed"] -.-> {names[_ON_FAILURE]}')
    return "\n".join(lines)


def _without_waits(states: States) -> States:
    """The states with each quartet's question and pause folded into its check."""
    kept = dict(states)
    for name, state in states.items():
        question = states.get(state.get("Next", ""), {})
        pause = states.get(question.get("Default", ""), {})
        if pause.get("Type") == "Wait" and pause["Next"] == name:
            onward = question["Choices"][0]["Next"]
            kept[name] = {**state, "Next": onward, "Label": f"{name} ⟲"}
            del kept[state["Next"]], kept[question["Default"]]
    return kept


def _ways(state: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for choice in state.get("Choices", []):
        condition = choice["Condition"].strip("{%} ").replace("$", "")
        yield f'-- "{condition}" -->' if len(condition) <= _LONGEST_LABEL else "-->", choice["Next"]
    if "Next" in state:
        yield "-->", state["Next"]
    if "Default" in state:
        yield '-- "otherwise" -->', state["Default"]


def page(name: str, old: str) -> str:
    """A page with the diagram of a definition made anew; its markers have to be there."""
    head, rest = old.split(BEGIN)
    tail = rest.split(END)[1]
    return f"{head}{BEGIN}\n```mermaid\n{diagram(definition(name))}\n```\n{END}{tail}"


if __name__ == "__main__":
    for name, path in PAGES.items():
        path.write_text(page(name, path.read_text(encoding="utf-8")), encoding="utf-8")
