"""CloudFormation deletes nothing that a run needs before the sweeper has agreed to the stack's removal."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tools import project
from tools.check_security import plain_template

if TYPE_CHECKING:
    from collections.abc import Iterator

GUARD = "NoOpenRuns"
# An alias that nothing refers to is called by nothing: definitions name versions.
ALIAS = "AWS::Lambda::Alias"


@cache
def template() -> dict[str, Any]:
    return plain_template()


def referred(node: Any) -> Iterator[str]:
    """The names that a part of a template refers to, as CloudFormation sees it."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref":
                yield value
            elif key == "Fn::GetAtt":
                yield value[0] if isinstance(value, list) else value.partition(".")[0]
            elif key == "Fn::Sub":
                yield from re.findall(r"\$\{(\w+)", value[0] if isinstance(value, list) else value)
                yield from referred(value[1:] if isinstance(value, list) else [])
            else:
                yield from referred(value)
    elif isinstance(node, list):
        for one in node:
            yield from referred(one)


def needed_by(resources: dict[str, Any], name: str) -> set[str]:
    """Everything that a resource depends on, directly or through others."""
    found: set[str] = set()
    left = [name]
    while left:
        resource = resources[left.pop()]
        depends = resource.get("DependsOn", [])
        depends = [depends] if isinstance(depends, str) else depends
        direct = {*depends, *referred(resource.get("Properties", {}))} & set(resources)
        left += direct - found
        found |= direct
    return found


def unguarded(resources: dict[str, Any]) -> set[str]:
    used = {name for one in resources.values() for name in referred(one.get("Properties", {}))}
    left = set(resources) - needed_by(resources, GUARD) - {GUARD}
    return {name for name in left if resources[name]["Type"] != ALIAS or name in used}


def test_the_guard_depends_on_everything_else() -> None:
    assert unguarded(template()["Resources"]) == set()


@pytest.mark.parametrize("name", project.template()["Resources"][GUARD]["DependsOn"])
def test_each_dependency_of_the_guard_is_needed(name: str) -> None:
    resources = json.loads(json.dumps(template()["Resources"]))
    resources[GUARD]["DependsOn"].remove(name)
    assert name in unguarded(resources)


def test_the_guard_waits_longer_than_its_function_runs() -> None:
    guard, function = (template()["Resources"][name]["Properties"] for name in (GUARD, "SweepRunsFunction"))
    assert guard["ServiceTimeout"] > function["Timeout"]
