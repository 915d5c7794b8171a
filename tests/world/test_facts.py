"""Each fact of facts.toml has a test of its name, and each test a fact."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
INTERNALS = HERE.parents[1] / "docs/explanations/internals.md"
FACTS: dict[str, dict[str, str]] = tomllib.loads((HERE / "facts.toml").read_text(encoding="utf-8"))


def named_in(module: str) -> set[str]:
    """The names of a module's tests, without `test_`."""
    body = ast.parse((HERE / f"test_{module}.py").read_text(encoding="utf-8")).body
    names = [one.name for one in body if isinstance(one, ast.FunctionDef)]
    return {one.removeprefix("test_") for one in names if one.startswith("test_")}


def test_each_subject_has_a_module() -> None:
    modules = {path.stem.removeprefix("test_") for path in HERE.glob("test_*.py")}
    assert modules - {"facts"} == set(FACTS)


@pytest.mark.parametrize("subject", FACTS)
def test_each_fact_has_a_test_and_each_test_a_fact(subject: str) -> None:
    assert named_in(subject) == set(FACTS[subject])


def test_the_page_counts_them() -> None:
    count = sum(len(facts) for facts in FACTS.values())
    assert f"{count} facts in {len(FACTS)} subjects" in INTERNALS.read_text(encoding="utf-8")


@pytest.mark.parametrize("subject", FACTS)
def test_each_fact_is_a_sentence(subject: str) -> None:
    assert [name for name, fact in FACTS[subject].items() if not fact.strip().endswith(".")] == []
