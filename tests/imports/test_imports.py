"""Imports go one way: between the packages of the repository, and between the modules of each."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.imports.imports import circle, folded, graph

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ("functions/golden_image", "functions/handlers")
COMMAND_LINE = "cli/golden_image_cli"
PACKAGES = (*FUNCTIONS, COMMAND_LINE, "sandbox", "ec2world", "tools", "bench")
# The distributions that the EC2 world's README tells to install, and what moto brings along.
NEEDED_BY_THE_WORLD = {"moto", "botocore", "werkzeug"}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_imports_go_in_a_circle(package: str) -> None:
    assert circle(graph(ROOT / package)) == []


def test_packages_import_one_another_one_way() -> None:
    assert circle(folded(graph(*(ROOT / package for package in PACKAGES)), 1)) == []


def test_folders_of_the_ec2_world_import_one_another_one_way() -> None:
    assert circle(folded(graph(ROOT / "ec2world"), 2)) == []


def test_the_ec2_world_imports_nothing_of_the_product() -> None:
    [imported] = folded(graph(ROOT / "ec2world"), 1).values()
    assert imported - sys.stdlib_module_names == NEEDED_BY_THE_WORLD


def test_the_command_line_and_the_functions_share_no_code() -> None:
    own, theirs = graph(ROOT / COMMAND_LINE), graph(*(ROOT / package for package in FUNCTIONS))
    first = {module.partition(".")[0] for imported in own.values() for module in imported}
    assert not first & {"golden_image", "handlers", "sandbox", "tools"}
    assert "golden_image_cli" not in {
        module.partition(".")[0] for imported in theirs.values() for module in imported
    }


def test_a_circle_is_found_through_imports_for_types_and_in_functions(tmp_path: Path) -> None:
    package = tmp_path / "some"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "one.py").write_text("if TYPE_CHECKING:\n    from some.two import Two\n")
    (package / "two.py").write_text("def late():\n    from some import one\n")
    assert set(circle(graph(package))) == {"some.one", "some.two"}
    (package / "two.py").write_text("import json\n")
    assert circle(graph(package)) == []
