"""Every known complaint about tools like this one has its tests."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.cases.cases import CASES, CLEAN_UP, Case
from tools.policies import statements
from tools.project import template

TESTS = Path(__file__).parent.parent


@cache
def functions(file: str) -> set[str]:
    path = TESTS / file
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.exists() else ast.Module([], [])
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    "case", CASES, ids=[case.seen_in[0] if case.seen_in else case.what for case in CASES]
)
def test_a_case_is_tested_where_its_feature_exists(case: Case) -> None:
    assert case.tests or case.not_offered
    named = [test.split("::") for test in case.tests]
    assert [f"{file}::{name}" for file, name in named if name not in functions(file)] == []
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+#\d+", issue) for issue in case.seen_in)


def test_what_is_not_offered_is_done_by_no_function() -> None:
    assert [case.not_offered for case in CASES if case.not_offered] == [CLEAN_UP]
    deleting = {one.owner for one in statements(template()) if "ec2:DeregisterImage" in one.actions}
    assert deleting == {"RollBackFunction"}
