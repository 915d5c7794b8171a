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
CALLBACK = f"{LAMBDA}.waitForTaskToken"
CHILD = "arn:${Partition}:states:::states:startExecution.sync:2"


@dataclass(frozen=True)
class State:
    """A state with its name and that of its definition."""

    definition: str
    name: str
    own: dict[str, Any]

    @property
    def payload(self) -> dict[str, Any]:
        """What a Task hands to its function."""
        return self.own["Arguments"]["Payload"]  # type: ignore[no-any-return]

    @property
    def target(self) -> str:
        """The name, without Arn, of the substitution that a Task calls, such as `StopSourceFunction`."""
        arguments = self.own["Arguments"]
        named = arguments.get("FunctionName") or arguments["StateMachineArn"]
        return str(named).removeprefix("${").removesuffix("Arn}")


@dataclass
class Project:
    """What is held against each other; a mutant is a copy with one thing changed.

    Attributes:
        definitions: by the names of their files, such as `undo`; `definition_texts` is their text.
        standards: the retriers and catchers of retry.json.
        code: the source of each module that runs on Lambda, such as `golden_image.tags`.
        events: the keys of each events/<name>.json, such as `stop_source`.
        comments: the comment above each of the template's policy statements.
    """

    template: dict[str, Any]
    definitions: dict[str, dict[str, Any]]
    definition_texts: dict[str, str]
    standards: dict[str, Any]
    schema: dict[str, Any]
    code: dict[str, str]
    events: dict[str, set[str]]
    comments: list[str]

    @property
    def trunk(self) -> dict[str, Any]:
        """The states of the definition that people start."""
        return self.definitions[project.TRUNK]["States"]  # type: ignore[no-any-return]

    @property
    def states(self) -> list[State]:
        """All states of all definitions."""
        return [
            State(definition, name, state)
            for definition, whole in self.definitions.items()
            for name, state in whole["States"].items()
        ]

    @property
    def tasks(self) -> list[State]:
        return [state for state in self.states if state.own["Type"] == "Task"]

    @property
    def lambda_tasks(self) -> list[State]:
        """Those that invoke a function, and wait for no more than its answer or for a task token too."""
        return [task for task in self.tasks if task.own["Resource"] in {LAMBDA, CALLBACK}]

    @property
    def waiting_tasks(self) -> list[State]:
        """Those that wait for a task token."""
        return [task for task in self.tasks if task.own["Resource"] == CALLBACK]

    @property
    def child_tasks(self) -> list[State]:
        return [task for task in self.tasks if task.own["Resource"] == CHILD]

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
        definitions={name: project.definition(name) for name in project.DEFINITIONS},
        definition_texts={name: p.read_text(encoding="utf-8") for name, p in project.DEFINITIONS.items()},
        standards=project.standards(),
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


def _part(mutant: Project, part: str) -> Any:
    return mutant.definitions[part]["States"] if part in mutant.definitions else getattr(mutant, part)


def put(value: object, part: str, *path: Any) -> Callable[[Project], None]:
    """A change: the value at the path in a part of the project, such as `template`.

    A part that is a definition's name is the states of that definition.
    """

    def change(mutant: Project) -> None:
        holder = _part(mutant, part)
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
        holder = _part(mutant, part)
        for key in path:
            holder = holder[key]
        holder.append(value)

    return change


def reword(part: str, key: str, old: str, new: str) -> Callable[[Project], None]:
    """A change: other words in a text of a part, such as the source of a module."""

    def change(mutant: Project) -> None:
        texts = getattr(mutant, part)
        assert old in texts[key], f"nothing to change: {old}"
        texts[key] = texts[key].replace(old, new)

    return change
