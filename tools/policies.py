"""The template's policies as a list of statements, and the comments above them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from tools.project import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Condition = dict[str, dict[str, Any]]
Document = dict[str, Any]
MANAGED = "AWS::IAM::ManagedPolicy"


@dataclass(frozen=True)
class Statement:
    """One statement of a policy of a function or of a state machine.

    Attributes:
        owner: the logical id of the function or state machine that has the policy.
        policy: the logical id of the managed policy that the statement is in, or of the owner.
        resources: ARNs as the template writes them, with `${…}` in them; `LedgerTable` for a `!Ref` or an
            `!GetAtt` of a resource, and `StopSourceFunction:*` for all versions of a function.
    """

    owner: str
    policy: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Condition


def documents(template: Mapping[str, Any], owner: str) -> Iterator[tuple[str, Document]]:
    """The policies of a function or state machine, inline and managed.

    Each comes with the logical id of the resource that it is in: the owner, or the managed policy.
    """
    resources = template["Resources"]
    for policy in resources[owner].get("Properties", {}).get("Policies", []):
        if "Ref" in policy:
            yield policy["Ref"], resources[policy["Ref"]]["Properties"]["PolicyDocument"]
        else:
            yield owner, policy


def statements(template: Mapping[str, Any]) -> list[Statement]:
    """Every statement of every owner, in the template's order; a managed policy's once for each owner."""
    return [
        Statement(
            owner=owner,
            policy=policy,
            effect=statement["Effect"],
            actions=tuple(_listed(statement.get("Action", []))),
            resources=tuple(_arn(resource) for resource in _listed(statement.get("Resource", []))),
            condition=statement.get("Condition", {}),
        )
        for owner in template["Resources"]
        for policy, document in documents(template, owner)
        for statement in document["Statement"]
    ]


def comments(text: str | None = None) -> list[str]:
    """The comment above each statement (empty: none), in the order of `statements`.

    A comment above an owner's reference to a managed policy takes the place of those in the policy.
    Read from the text, for a parsed template has lost them.
    """
    text = TEMPLATE.read_text(encoding="utf-8") if text is None else text
    lines = text.splitlines()
    return [
        _above(lines, reference) or _above(lines, statement)
        for reference, statement in _places(yaml.compose(text, Loader=yaml.SafeLoader))
    ]


def _above(lines: list[str], line: int) -> str:
    first = line
    while lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return " ".join(text.strip(" #") for text in lines[first:line])


def _places(root: yaml.Node | None) -> Iterator[tuple[int, int]]:
    """The lines of an owner's entry for a policy and of a statement in it."""
    properties = {name.value: _child(made, "Properties") for name, made in _child(root, "Resources").value}
    for own in properties.values():
        policies = _child(own, "Policies")
        for policy in policies.value if policies else []:
            document = policy
            if policy.tag == "!Ref":
                document = _child(properties[policy.value], "PolicyDocument")
            for statement in _child(document, "Statement").value:
                yield policy.start_mark.line, statement.start_mark.line


def _child(node: Any, key: str) -> Any:
    """The value of a mapping's key; None where it has none."""
    pairs = node.value if node is not None else []
    return next((value for name, value in pairs if name.value == key), None)


def _arn(resource: Any) -> str:
    if isinstance(resource, str):
        return resource
    value = next(iter(resource.values()))
    if "Fn::Sub" in resource:
        return re.sub(r"\$\{(\w+)\.Arn\}", r"\1", value)
    return value[0] if isinstance(value, list) else re.sub(r"\.Arn$", "", value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
