"""The template's policies as a list of statements, and the comments above them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from tools.project import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Iterator

Condition = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Statement:
    """One statement of the policy of a function or of the state machine.

    Attributes:
        owner: the logical id of the resource that has the policy.
        resources: ARNs as the template writes them, with `${…}` in them; `LedgerTable` for a `!Ref` or an
            `!GetAtt` of a resource.
    """

    owner: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Condition


def statements(template: dict[str, Any]) -> list[Statement]:
    """Every statement of every inline policy, in the template's order."""
    return [
        Statement(
            owner=owner,
            effect=statement["Effect"],
            actions=tuple(_listed(statement.get("Action", []))),
            resources=tuple(_arn(resource) for resource in _listed(statement.get("Resource", []))),
            condition=statement.get("Condition", {}),
        )
        for owner, resource in template["Resources"].items()
        for policy in resource.get("Properties", {}).get("Policies", [])
        for statement in policy["Statement"]
    ]


def comments(text: str | None = None) -> list[str]:
    """The comment above each statement (empty: none), in the order of `statements`.

    Read from the text, for a parsed template has lost them.
    """
    text = TEMPLATE.read_text(encoding="utf-8") if text is None else text
    lines = text.splitlines()
    found = []
    for start in _statement_lines(yaml.compose(text, Loader=yaml.SafeLoader)):
        first = start
        while lines[first - 1].lstrip().startswith("#"):
            first -= 1
        found.append(" ".join(line.strip(" #") for line in lines[first:start]))
    return found


def _statement_lines(root: yaml.Node | None) -> Iterator[int]:
    for resource in _child(root, "Resources").value:
        policies = _child(_child(resource[1], "Properties"), "Policies")
        for policy in policies.value if policies else []:
            for statement in _child(policy, "Statement").value:
                yield statement.start_mark.line


def _child(node: Any, key: str) -> Any:
    """The value of a mapping's key; None where it has none."""
    pairs = node.value if node is not None else []
    return next((value for name, value in pairs if name.value == key), None)


def _arn(resource: Any) -> str:
    if isinstance(resource, str):
        return resource
    value = next(iter(resource.values()))
    if "Fn::Sub" in resource:
        return str(value)
    return value[0] if isinstance(value, list) else re.sub(r"\.Arn$", "", value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
