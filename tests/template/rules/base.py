"""The project as rules see it, and rules that come with ways of breaking them."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from artifact.modules import sources
from tools import policies, project

if TYPE_CHECKING:
    from collections.abc import Callable

LAMBDA = "arn:${Partition}:states:::lambda:invoke"


@dataclass
class Project:
    """What is held against each other; a mutant is a copy with one thing changed.

    Attributes:
        code: the source of each module that runs on Lambda, such as `golden_image.tags`.
        events: the keys of each events/<name>.json, such as `stop_source`.
        comments: the comment above each of the template's policy statements.
    """

    template: dict[str, Any]
    definition: dict[str, Any]
    definition_text: str
    schema: dict[str, Any]
    code: dict[str, str]
    events: dict[str, set[str]]
    comments: list[str]

    @property
    def states(self) -> dict[str, Any]:
        return self.definition["States"]  # type: ignore[no-any-return]

    @property
    def tasks(self) -> dict[str, Any]:
        return {name: state for name, state in self.states.items() if state["Type"] == "Task"}

    @property
    def lambda_tasks(self) -> dict[str, Any]:
        return {name: state for name, state in self.tasks.items() if state["Resource"] == LAMBDA}

    @property
    def resources(self) -> dict[str, Any]:
        return self.template["Resources"]  # type: ignore[no-any-return]

    def of_type(self, kind: str) -> dict[str, Any]:
        """The properties of the template's resources of a type, by logical id."""
        found = {name: item for name, item in self.resources.items() if item["Type"] == kind}
        return {name: item.get("Properties", {}) for name, item in found.items()}


@lru_cache(maxsize=256)
def parsed(source: str) -> ast.Module:
    """A module's syntax tree, which nobody changes."""
    return ast.parse(source)


def load() -> Project:
    schema = project.FUNCTIONS / "golden_image/run/input.schema.json"
    events = (project.ROOT / "events").glob("*.json")
    return Project(
        template=project.template(),
        definition=project.definition(),
        definition_text=project.DEFINITION.read_text(encoding="utf-8"),
        schema=json.loads(schema.read_text(encoding="utf-8")),
        code=sources(project.FUNCTIONS),
        events={path.stem: set(json.loads(path.read_text(encoding="utf-8"))) for path in events},
        comments=policies.comments(),
    )


Break = tuple["Callable[[Project], object]", str]
RULES: dict[str, tuple[Callable[[Project], list[str]], tuple[Break, ...]]] = {}


def rule(*breaks: Break) -> Callable[[Callable[[Project], list[str]]], Callable[[Project], list[str]]]:
    """A rule that answers its violations, with changes that break it and a word of what is then said."""

    def register(check: Callable[[Project], list[str]]) -> Callable[[Project], list[str]]:
        assert breaks, f"{check.__name__} has not been seen to find anything"
        RULES[check.__name__] = (check, breaks)
        return check

    return register


_ABSENT = object()


def put(value: object, part: str, *path: Any) -> Callable[[Project], None]:
    """A change: the value at the path in a part of the project, such as `definition`."""

    def change(mutant: Project) -> None:
        holder = getattr(mutant, part)
        for key in path[:-1]:
            holder = holder[key]
        if value is _ABSENT:
            del holder[path[-1]]
        else:
            holder[path[-1]] = value

    return change


def drop(part: str, *path: Any) -> Callable[[Project], None]:
    """A change: without what stands at the path."""
    return put(_ABSENT, part, *path)


def add(value: object, part: str, *path: Any) -> Callable[[Project], None]:
    """A change: one more item in the list at the path."""

    def change(mutant: Project) -> None:
        holder = getattr(mutant, part)
        for key in path:
            holder = holder[key]
        holder.append(value)

    return change


def reword(part: str, key: str | None, old: str, new: str) -> Callable[[Project], None]:
    """A change: other words in the source of a module, or in a part that is one text."""

    def change(mutant: Project) -> None:
        text = getattr(mutant, part) if key is None else getattr(mutant, part)[key]
        assert old in text, f"nothing to change: {old}"
        if key is None:
            setattr(mutant, part, text.replace(old, new))
        else:
            getattr(mutant, part)[key] = text.replace(old, new)

    return change
