"""The artifact of `sam build`, which every function gets."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sandbox.rie import lambda_packages, unpacked
from tools import project

if TYPE_CHECKING:
    from pathlib import Path

HANDLERS = sorted(project.functions(project.template()).values())
# PEP 552: an unchecked hash stands in the file instead of the source's time stamp.
UNCHECKED_HASH = (0b01).to_bytes(4, "little")
REGION = {"AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lambda's own packages."""
    return lambda_packages(tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="session")
def read_only(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifact as Lambda unpacks it."""
    return unpacked(artifact, tmp_path_factory.mktemp("task"))


def files(directory: Path) -> dict[str, bytes]:
    paths = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in paths}


def started(code: Path, packages: Path, program: str) -> str:
    """What a Python prints that has Lambda's packages and the artifact's directory, and no others."""
    command = [sys.executable, "-I", "-S", "-B", "-c", f"import sys; sys.path[:0] = sys.argv[1:]\n{program}"]
    done = subprocess.run(
        [*command, str(code), str(packages)], env=REGION, capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr
    return done.stdout


def test_all_functions_are_the_same_artifact(build: Path, artifact: Path) -> None:
    expected = files(artifact)
    functions = [path for path in build.iterdir() if path.is_dir()]

    assert {path.name for path in functions} == set(project.functions(project.template()))
    assert [path.name for path in functions if files(path) != expected] == []


def test_it_is_small(artifact: Path) -> None:
    assert sum(map(len, files(artifact).values())) < 6_000_000


def test_it_holds_what_runs_and_nothing_else(artifact: Path) -> None:
    assert not (artifact / "artifact").exists()
    assert {path.suffix for path in artifact.rglob("*") if path.is_file()} == {".py", ".pyc", ".json"}


def test_every_module_is_compiled_and_never_held_against_its_source(artifact: Path) -> None:
    sources = list(artifact.rglob("*.py"))

    assert sources
    for source in sources:
        compiled = artifact / importlib.util.cache_from_source(str(source))
        assert compiled.read_bytes()[:8] == importlib.util.MAGIC_NUMBER + UNCHECKED_HASH


@pytest.mark.parametrize("name", HANDLERS)
def test_a_handler_starts_with_the_artifact_and_lambdas_own_packages(
    read_only: Path, packages: Path, name: str
) -> None:
    program = f"import {name} as it; print(it.__file__, it.__cached__)"

    source, compiled = started(read_only, packages, program).split()

    assert source == str(read_only / f"{name.replace('.', '/')}.py")
    assert files(read_only)[compiled.removeprefix(f"{read_only}/")]


def test_a_step_loads_no_more_than_it_needs(read_only: Path, packages: Path) -> None:
    step = "handlers.golden_image_refresh.stop_source"
    heavy = ["boto3", "pydantic", "aws_xray_sdk", "aws_lambda_powertools.event_handler", "fastjsonschema"]
    program = f"import {step}; print([name for name in {heavy} if name in sys.modules])"

    assert started(read_only, packages, program) == "[]\n"


def test_a_clone_may_lie_in_a_directory_with_a_space(tmp_path: Path) -> None:
    makefile = tmp_path / "a b" / "Makefile"
    makefile.parent.mkdir()
    makefile.write_text((project.ROOT / "functions/Makefile").read_text())
    command = ["make", "--dry-run", "--makefile", str(makefile), "build-StopSourceFunction"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f'dirname "{makefile}"' in printed
