"""events/execution: every file starts a run that ends as its name says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.build import ROOT
from tests.workflow.conftest import succeeded

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.client import Client

FILES = sorted((ROOT / "events/execution").glob("*.json"))


def in_sandbox(sandbox: Client, example: dict[str, Any], group: str) -> dict[str, Any]:
    """An example with the ids of the sandbox in place of those of nobody's account."""
    seeded = sandbox.seed()
    here: dict[str, Any] = example | {
        "sourceInstanceId": seeded["instanceId"],
        "autoScalingGroupName": group,
    }
    if "image" in here and "name" in here["image"]:
        here["image"] = here["image"] | {"name": f"{here['image']['name']} {group}"}
    if "launchTemplateName" in here:
        here["launchTemplateName"] = f"{here['launchTemplateName']}-{group}"
    if "launchTemplate" in here:
        here["launchTemplate"] = here["launchTemplate"] | {"securityGroupIds": seeded["securityGroupIds"]}
        here["launchTemplate"].pop("iamInstanceProfile", None)
        here["launchTemplate"].pop("keyName", None)
    if "group" in here and "subnetIds" in here["group"]:
        here["group"] = here["group"] | {"subnetIds": [seeded["subnetId"]]}
        topic = sandbox.endpoints.notificationTopicArn
        region, account = topic.split(":")[3:5]
        balancing = f"arn:aws:elasticloadbalancing:{region}:{account}:targetgroup"
        here["group"]["targetGroupArns"] = [sandbox.target_group(f"{balancing}/web/0123456789abcdef")]
        here["group"]["notificationTopicArn"] = topic
    return here


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_an_example_input_starts_a_run_that_succeeds(sandbox: Client, group: str, file: Path) -> None:
    example = json.loads(file.read_text())

    output = succeeded(sandbox.run(in_sandbox(sandbox, example, group)))

    assert output["rollout"] == example.get("rollout", "drain")


def test_the_smallest_example_has_two_fields() -> None:
    assert len(json.loads(FILES[0].read_text())) == 2
