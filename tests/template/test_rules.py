"""Definition, template, policies and code held against each other by rules that have been seen to fail."""

from __future__ import annotations

import copy
import importlib
import pkgutil
from typing import TYPE_CHECKING

import pytest

from tests.template import rules
from tests.template.rules.base import RULES, Project, load

if TYPE_CHECKING:
    from collections.abc import Callable

for module in pkgutil.iter_modules(rules.__path__):
    importlib.import_module(f"{rules.__name__}.{module.name}")

BREAKS = [
    pytest.param(check, change, said, id=f"{name}-{number}")
    for name, (check, breaks) in RULES.items()
    for number, (change, said) in enumerate(breaks)
]


@pytest.fixture(scope="module")
def project() -> Project:
    return load()


@pytest.mark.parametrize("name", RULES)
def test_the_project_keeps_the_rule(project: Project, name: str) -> None:
    check, _ = RULES[name]
    assert check(project) == [], f"of these {check.__name__} is not true (a rule of {check.__module__})"


@pytest.mark.parametrize(("check", "change", "said"), BREAKS)
def test_a_break_of_the_rule_is_found(
    project: Project, check: Callable[[Project], list[str]], change: Callable[[Project], object], said: str
) -> None:
    mutant = copy.deepcopy(project)
    change(mutant)
    found = check(mutant)
    assert any(said in violation for violation in found), found
