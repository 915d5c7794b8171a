"""Every policy with one thing taken out of it, or one narrowing widened."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tools.policies import Document, documents

if TYPE_CHECKING:
    from collections.abc import Iterator

Template = dict[str, Any]
Statement = dict[str, Any]


@dataclass(frozen=True)
class Mutant:
    """A template in which one statement of one of the owner's policies is another.

    A managed policy is changed for this owner alone: each of its owners has to need all of it.

    Attributes:
        kind: `action` and `resource` are gone; a `condition` is gone; a `width` has become everything.
    """

    owner: str
    kind: Literal["action", "resource", "condition", "width"]
    name: str
    template: Template


def mutants(template: Template, owner: str) -> Iterator[Mutant]:
    for place, (_, document) in enumerate(documents(template, owner)):
        for number, statement in enumerate(document["Statement"]):
            for kind, what, changed in _changes(statement):
                left = document["Statement"].copy()
                left[number : number + 1] = [changed] if changed else []
                of = "/".join(_listed(statement["Action"]))
                mutant = _with_policy(template, owner, place, {**document, "Statement": left})
                yield Mutant(owner, kind, f"{owner}: {of}: {kind} {what}", mutant)


def _with_policy(template: Template, owner: str, place: int, policy: Document) -> Template:
    changed = copy.deepcopy(template["Resources"][owner])
    changed["Properties"]["Policies"][place] = policy
    return template | {"Resources": template["Resources"] | {owner: changed}}


def _changes(
    statement: Statement,
) -> Iterator[tuple[Literal["action", "resource", "condition", "width"], str, Statement | None]]:
    actions, resources = _listed(statement["Action"]), _listed(statement["Resource"])
    for action in actions:
        left = [other for other in actions if other != action]
        yield "action", action, statement | {"Action": left} if left else None
    for resource in resources:
        others = [other for other in resources if other is not resource]
        if others:
            yield "resource", str(resource), statement | {"Resource": others}
        if resource != "*":
            yield "width", str(resource), statement | {"Resource": [*others, "*"]}
    for test, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            yield "condition", key, _with_condition(statement, test, key, None)
            for value in values if isinstance(values, list) else []:
                left = [other for other in values if other != value]
                yield "condition", f"{key}={value}", _with_condition(statement, test, key, left)


def _with_condition(statement: Statement, test: str, key: str, values: list[str] | None) -> Statement:
    """The statement with another list of values for a condition key, or without the key."""
    changed = copy.deepcopy(statement)
    condition = changed["Condition"]
    if values is None:
        del condition[test][key]
    else:
        condition[test][key] = values
    changed["Condition"] = {name: keys for name, keys in condition.items() if keys}
    if not changed["Condition"]:
        del changed["Condition"]
    return changed


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
