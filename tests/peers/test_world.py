"""The EC2 world, judged by moto's own tests of EC2 and Auto Scaling.

They run against it over HTTP (moto's server mode), from the checkout that MOTO_CHECKOUT names. The world
builds on moto: where it answers otherwise it must have AWS's word for it. world.toml lists what is left out
and what is known to differ. `make judge-world` installs what they need.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox.build import ROOT
from tests.peers.judged import HERE, Judged, judged


@pytest.fixture(scope="module")
def tests_of_moto(prompt_world: str, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    return judged(
        ["tests/test_ec2", "tests/test_autoscaling"],
        python=ROOT / ".tools/world/bin/python",
        checkout=Path(os.environ["MOTO_CHECKOUT"]).resolve(),
        source=".",
        plugins=["moto_reset"],
        listed=HERE / "world.toml",
        environment={"TEST_SERVER_MODE": "true", "TEST_SERVER_MODE_ENDPOINT": prompt_world},
        directory=tmp_path_factory.mktemp("record"),
    )


def test_tests_of_moto_pass(tests_of_moto: Judged, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{tests_of_moto.counts()}")  # noqa: T201

    assert tests_of_moto.new_differences() == set()


def test_listed_differences_are_still_there(tests_of_moto: Judged) -> None:
    assert tests_of_moto.gone_differences() == set()
