"""MiniStack with this project's patches, judged by answers that LocalStack's authors recorded on AWS.

LocalStack's own tests for Step Functions run against it, from the checkout that LOCALSTACK_CHECKOUT names:
each makes a state machine, runs it, and compares histories and answers with what AWS gave. engine.toml lists
what is left out and what is known to differ. `make judge-engine` installs what they need.
"""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.build import ROOT
from sandbox.launcher import REGION, emulators
from sandbox.processes import clean_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
PYTHON = ROOT / ".tools/engine/bin/python"
SCENARIOS = "tests/aws/services/stepfunctions/v2"
ACCOUNT = "123456789012"
LISTED = tomllib.loads((HERE / "engine.toml").read_text())


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a sandbox's servers, without the product, at real speed."""
    with emulators(tmp_path_factory.mktemp("engine"), scale=1) as place:
        yield place.aws


@pytest.fixture(scope="module")
def outcomes(engine: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What became of each scenario: passed, failed or skipped."""
    checkout = Path(os.environ["LOCALSTACK_CHECKOUT"]).resolve()
    record = tmp_path_factory.mktemp("record") / "record.jsonl"
    environment = clean_environment() | {
        "TEST_SKIP_LOCALSTACK_START": "1",
        "TEST_AWS_ENDPOINT_URL": engine,
        "TEST_AWS_ACCOUNT_ID": ACCOUNT,
        "TEST_AWS_REGION_NAME": REGION,
        "SNAPSHOT_LEGACY_REPORT": "1",
        "ENGINE_RECORD": str(record),
        "PYTHONPATH": os.pathsep.join(map(str, (HERE, checkout, checkout / "localstack-core"))),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    options = ["-p", "engine_record", "-p", "no:cacheprovider", "--quiet", "--timeout", "40", "--tb", "no"]
    command = [str(PYTHON), "-m", "pytest", *options, SCENARIOS]
    with (record.parent / "pytest.log").open("w") as log:
        subprocess.run(command, cwd=checkout, env=environment, stdout=log, stderr=log, check=False)
    lines: list[dict[str, Any]] = [json.loads(line) for line in record.read_text().splitlines()]
    print(f"record: {record}")  # noqa: T201
    return {
        line["test"].removeprefix(f"{SCENARIOS}/"): line["outcome"] for line in lines if "outcome" in line
    }


def differing() -> set[str]:
    return {test for group in LISTED.get("differs", []) for test in group["tests"]}


def of(outcomes: dict[str, str], outcome: str) -> set[str]:
    return {test for test, became in outcomes.items() if became == outcome}


def test_scenarios_give_what_was_recorded_on_aws(
    outcomes: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    counts = {outcome: len(of(outcomes, outcome)) for outcome in ("passed", "failed", "skipped")}
    with capsys.disabled():
        print(f"\n{json.dumps(counts)}")  # noqa: T201

    assert of(outcomes, "failed") - differing() == set()


def test_listed_differences_are_still_there(outcomes: dict[str, str]) -> None:
    assert differing() - of(outcomes, "failed") == set()
