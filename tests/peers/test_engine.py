"""MiniStack with this project's patches, judged by answers that LocalStack's authors recorded on AWS.

LocalStack's own tests for Step Functions run against it, from the checkout that LOCALSTACK_CHECKOUT names:
each makes a state machine, runs it, and compares histories and answers with what AWS gave. engine.toml lists
what is left out and what is known to differ. `make judge-engine` installs what they need.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.build import ROOT
from sandbox.launcher import REGION, emulators
from tests.peers.judged import HERE, Judged, judged

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "123456789012"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a sandbox's servers, without the product, at real speed."""
    with emulators(tmp_path_factory.mktemp("engine"), scale=1) as place:
        yield place.aws


@pytest.fixture(scope="module")
def scenarios(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    return judged(
        ["tests/aws/services/stepfunctions/v2"],
        python=ROOT / ".tools/engine/bin/python",
        checkout=Path(os.environ["LOCALSTACK_CHECKOUT"]).resolve(),
        source="localstack-core",
        plugins=["engine_functions"],
        listed=HERE / "engine.toml",
        environment={
            "TEST_SKIP_LOCALSTACK_START": "1",
            "TEST_AWS_ENDPOINT_URL": engine,
            "TEST_AWS_ACCOUNT_ID": ACCOUNT,
            "TEST_AWS_REGION_NAME": REGION,
            "SNAPSHOT_LEGACY_REPORT": "1",
        },
        directory=tmp_path_factory.mktemp("record"),
    )


def test_scenarios_give_what_was_recorded_on_aws(
    scenarios: Judged, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(f"\n{scenarios.counts()}")  # noqa: T201

    assert scenarios.new_differences() == set()


def test_listed_differences_are_still_there(scenarios: Judged) -> None:
    assert scenarios.gone_differences() == set()
