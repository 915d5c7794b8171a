"""events/execution: every file starts a run that ends as its name says, from what the demo makes for it."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.build import ROOT
from sandbox.demo import findings, looks
from sandbox.demo.operator import attended
from sandbox.demo.scene import set_up
from tests.workflow.conftest import succeeded

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.client import Client

FILES = sorted((ROOT / "events/execution").glob("*.json"))
# The group afterwards: its sizes, and how many instances of which version are in service. Before, three of
# version 1 are, and of version 3 in a group that goes back.
ENDS: dict[str, Any] = {
    "01-first-refresh": ((0, 0, 0), {}),
    "02-nightly-rolling": ((3, 3, 6), {"2": 3}),
    "03-canary-document": ((3, 3, 6), {"2": 3}),
    "04-approval": ((3, 3, 6), {"2": 3}),
    "05-recreate": ((3, 3, 6), {"2": 3}),
    "06-drain": ((0, 0, 0), {}),
    "07-none": ((3, 3, 6), {"1": 3}),
    "08-dry-run": None,
    "09-go-back": ((3, 3, 6), {"2": 3}),
    "10-every-field": ((2, 2, 6), {"2": 2}),
}
# What the run asks people, in the order of the questions.
ASKS = {"04-approval": ["image", "checkpoint-33"], "10-every-field": ["image"]}
PROVEN = {"02-nightly-rolling", "03-canary-document", "04-approval", "09-go-back", "10-every-field"}


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_an_example_input_starts_a_run_that_ends_as_it_should(
    sandbox: Client, group: str, file: Path
) -> None:
    example = json.loads(file.read_text()) | {"autoScalingGroupName": group}
    scene = set_up(sandbox, example)
    before = looks.group(sandbox, group)
    since = looks.virtual_now(sandbox, group) if before else 0
    told: list[str] = []

    arn = sandbox.start(scene.run_input)
    events = list(attended(sandbox, arn, told.append))

    output = succeeded(sandbox.wait(arn))
    found = findings.of_success(sandbox, scene, arn, before, since)
    assert [text for good, text in found if not good] == []
    after = looks.group(sandbox, group)
    ends = after and (after.sizes, dict(Counter(after.in_service.values())))
    assert ends == ENDS[file.stem]
    assert output["rollout"] == example.get("rollout", "drain")
    questions = [each["at"] for each in output.get("approvals", [])]
    assert questions == ASKS.get(file.stem, [])
    assert len(told) == 2 * len(questions)
    assert ("canary" in output and output["canary"] is not None) == (file.stem in PROVEN)
    assert "executionStartedEventDetails" in events[0].raw


def test_the_smallest_example_has_two_fields() -> None:
    assert len(json.loads(FILES[0].read_text())) == 2
