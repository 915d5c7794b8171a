"""Runs, groups and tags of any name that Step Functions and Auto Scaling take."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.workflow.conftest import left_of, locks, made_by, succeeded

if TYPE_CHECKING:
    from sandbox.client import Client

NAMES = ["release+42", "v1.2=rc!", "웹-갱신"]


@pytest.fixture
def source(sandbox: Client) -> str:
    """A running source with one volume."""
    return str(sandbox.seed(volumes=[{"sizeGiB": 8}])["instanceId"])


@pytest.mark.parametrize("name", NAMES)
def test_a_run_of_any_name_succeeds_with_an_image_name_that_is_legal(
    sandbox: Client, source: str, group: str, name: str
) -> None:
    run = sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group}, name=name)

    image = succeeded(run)["image"]
    assert re.fullmatch(r"[A-Za-z0-9._-]{3,128}", image["name"])
    assert image["name"].startswith(group)
    found = sandbox.ec2.describe_images(Owners=["self"], Filters=made_by(run.arn))["Images"]
    assert [one["ImageId"] for one in found] == [image["id"]]
    assert found[0]["Description"].isascii()


def test_a_run_and_a_group_of_any_name_are_undone(sandbox: Client, source: str) -> None:
    name = f"웹 {uuid4().hex[:8]}/=+!"
    sandbox.faults(
        {"service": "autoscaling", "action": "CreateAutoScalingGroup", "code": "LimitExceeded", "times": None}
    )

    wanted = {"sourceInstanceId": source, "autoScalingGroupName": name}
    run = sandbox.run(wanted, name=f"웹=갱신+{uuid4().hex[:8]}!")

    assert run.status == "FAILED"
    assert run.error == "RequestRefused"
    assert "nothing of the run is left" in str(run.cause)
    assert left_of(sandbox, run.arn) == []
    assert locks(sandbox, run.arn) == []


def korean_example() -> dict[str, Any]:
    """The complete input of the Korean guide."""
    guide = Path("docs/guides/guide.ko.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```json\n(.*?)```", guide, re.DOTALL)
    example: dict[str, Any] = max((json.loads(block) for block in blocks), key=len)
    return example


def test_the_tags_and_the_description_of_the_korean_guide_are_what_ec2_takes(
    sandbox: Client, source: str, group: str
) -> None:
    example = korean_example()
    wanted = {"sourceInstanceId": source, "autoScalingGroupName": group, "image": example["image"]}

    image = succeeded(sandbox.run({**wanted, "image": {**example["image"], "name": f"{group} 1"}}))["image"]

    found = sandbox.ec2.describe_images(ImageIds=[image["id"]])["Images"][0]
    assert found["Description"] == example["image"]["description"]
    assert {"Key": "팀", "Value": "웹"} in found["Tags"]
