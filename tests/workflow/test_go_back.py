"""Generations, and the way back to one of them, in the deployed stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from sandbox.client import Client
from tests.workflow.conftest import (
    called,
    changes,
    eventually,
    group_of,
    locks,
    next_call,
    sizes_of,
    succeeded,
)

if TYPE_CHECKING:
    from sandbox.executions import Run

SIZES = {"minSize": 1, "maxSize": 3, "desiredCapacity": 2}


@dataclass(frozen=True)
class Web:
    """A group with three generations, of which it runs the third in two instances."""

    client: Client
    name: str
    outputs: tuple[dict[str, Any], ...]

    def go_back(self, goal: int | str = "previous", **more: Any) -> Run:
        """A run that goes back, until its end."""
        return self.client.run(self.asked(goal, **more))

    def asked(self, goal: int | str = "previous", **more: Any) -> dict[str, Any]:
        """The input of such a run."""
        return {"autoScalingGroupName": self.name, "goBackTo": goal, "rollout": "recreate", **more}

    def generations(self) -> list[dict[str, Any]]:
        """What the API tells, newest first."""
        path = f"/groups/{quote(self.name, safe='')}/generations?limit=100"
        status, _, body = called(self.client, "GET", path)
        assert status == 200, body
        found: list[dict[str, Any]] = body["generations"]
        return found

    def shown(self) -> dict[str, Any]:
        """All that a way back may change, and all that it may not."""
        found = group_of(self.client, self.name)
        assert found is not None
        ec2 = self.client.ec2
        images = [output["image"]["id"] for output in self.outputs]
        snapshots = [one for output in self.outputs for one in output["image"]["snapshotIds"]]
        versions = ec2.describe_launch_template_versions(
            LaunchTemplateId=self.outputs[0]["launchTemplate"]["id"]
        )["LaunchTemplateVersions"]
        return {
            "launches": found["LaunchTemplate"]["Version"],
            "sizes": sizes_of(self.client, self.name),
            "instances": sorted(
                one["LaunchTemplate"]["Version"]
                for one in found["Instances"]
                if one["LifecycleState"] == "InService"
            ),
            "images": {
                one["ImageId"]: one["State"] for one in ec2.describe_images(ImageIds=images)["Images"]
            },
            "snapshots": len(ec2.describe_snapshots(SnapshotIds=snapshots)["Snapshots"]),
            "versions": [one["VersionNumber"] for one in versions],
            "generations": [one["number"] for one in self.generations()],
        }


@pytest.fixture(scope="module")
def web(deployed: Client) -> Web:
    name = f"w/b 50% 웹-{uuid4().hex[:8]}"
    outputs = []
    for rollout in ("none", "none", "recreate"):
        source = deployed.seed()["instanceId"]
        asked = {"sourceInstanceId": source, "autoScalingGroupName": name, "rollout": rollout}
        outputs.append(succeeded(deployed.run({**asked, "group": SIZES} if not outputs else asked)))
    made = Web(deployed, name, tuple(outputs))
    eventually(lambda: made.shown()["instances"] == ["3", "3"])
    return made


def test_each_run_that_succeeded_is_a_generation_of_its_group(web: Web) -> None:
    assert [output["generation"] for output in web.outputs] == [
        {"number": number, "goesBackTo": None} for number in (1, 2, 3)
    ]
    first, second, third = reversed(web.generations()[-3:])
    assert "replaced" not in first
    assert [one["replaced"]["generation"] for one in (second, third)] == [1, 2]
    assert third["rollout"] == "recreate"
    for output, one in zip(web.outputs, (first, second, third), strict=True):
        assert one["launchTemplate"] == output["launchTemplate"]
        assert one["image"].items() <= output["image"].items()
        assert one["sourceInstanceId"] == output["source"]["instanceId"]
        assert one["startedAt"] < one["committedAt"]
    status, _, page = called(web.client, "GET", f"/groups/{quote(web.name, safe='')}/generations?limit=2")
    assert status == 200
    more = f"/groups/{quote(web.name, safe='')}/generations?limit=2&nextToken={page['nextToken']}"
    rest = called(web.client, "GET", more)[2]
    assert [one["number"] for one in page["generations"] + rest["generations"]] == [3, 2, 1]
    assert "nextToken" not in rest


# Refused before anything changes, and undone where it was begun


def test_a_group_without_generations_is_told_so(sandbox: Client, group: str) -> None:
    status, _, body = called(sandbox, "GET", f"/groups/{group}/generations")
    assert (status, body["error"]) == (404, "NoGeneration")
    assert "does not exist" in body["message"]
    refused = sandbox.run({"autoScalingGroupName": group, "goBackTo": "previous"})
    assert refused.error == "GroupNotSupported"


@pytest.mark.usefixtures("sandbox")
def test_a_dry_run_shows_where_it_would_go(web: Web) -> None:
    first = next_call(web.client)
    plan = succeeded(web.go_back(dryRun=True))
    assert plan["goesBackTo"]["number"] == 2
    assert not plan.keys() & {"source", "image", "imageMethod"}
    assert plan["group"]["sizes"] == {"minSize": 1, "maxSize": 3, "desiredCapacity": 2}
    refused = web.go_back(9)
    assert refused.error == "NoGeneration"
    assert "Its generations: 3, 2, 1." in str(refused.cause)
    assert changes(web.client, first) == []


def test_what_is_gone_is_refused_before_anything_changes(sandbox: Client, web: Web) -> None:
    image, template = web.outputs[1]["image"]["id"], web.outputs[1]["launchTemplate"]
    before = web.shown()
    sandbox.ec2.disable_image(ImageId=image)
    first = next_call(sandbox)
    refused = web.go_back()
    assert refused.error == "GenerationGone"
    assert f"its image {image} is disabled" in str(refused.cause)
    assert changes(sandbox, first, [refused.arn]) == []
    sandbox.ec2.enable_image(ImageId=image)
    hidden = {"service": "ec2", "action": "DescribeLaunchTemplateVersions", "role": "PlanRefreshFunction"}
    gone = {"code": "InvalidLaunchTemplateId.VersionNotFound", "message": "no such version", "times": 1}
    sandbox.faults(hidden | {"contains": template["id"], "effect": "error", "status": 400} | gone)
    assert "was deleted" in str(web.go_back().cause)
    sandbox.faults()
    assert web.shown() == before


FAILURES = {
    "Prove Generation": {"service": "ec2", "action": "RunInstances", "role": "ProveGenerationFunction"},
    "Update Auto Scaling Group": {
        "service": "autoscaling",
        "action": "UpdateAutoScalingGroup",
        "role": "UpdateAutoScalingGroupFunction",
    },
    "Configure Auto Scaling Group": {
        "service": "dynamodb",
        "action": "GetItem",
        "role": "ConfigureAutoScalingGroupFunction",
    },
    "Roll Out": {
        "service": "autoscaling",
        "action": "UpdateAutoScalingGroup",
        "role": "RestoreCapacityFunction",
    },
}


@pytest.mark.parametrize("state", FAILURES)
def test_a_way_back_that_fails_leaves_the_group_and_both_generations_as_before(
    sandbox: Client, web: Web, state: str
) -> None:
    before = web.shown()
    refused = {"effect": "error", "status": 403, "code": "AccessDenied", "message": "denied", "times": None}
    sandbox.faults(FAILURES[state] | refused)
    run = web.go_back()
    sandbox.faults()
    assert run.status == "FAILED"
    assert state in run.state_names
    assert "nothing of the run is left" in str(run.cause)
    eventually(lambda: web.shown() == before)
    assert locks(sandbox, run.arn) == []


@pytest.mark.parametrize("state", ["Wait for Group to Drain", "Wait for Capacity"])
def test_a_way_back_that_is_aborted_is_undone(sandbox: Client, web: Web, state: str) -> None:
    before = web.shown()
    slow = {"Wait for Group to Drain": "terminate", "Wait for Capacity": "launch"}[state]
    durations = sandbox.control("GET", "durations")
    sandbox.control("PUT", "durations", {slow: 100_000})
    run = sandbox.start(web.asked())
    eventually(lambda: any(visit.name == state for visit in sandbox.visits(run)))
    sandbox.stop(run)
    # What was under way is done in a moment, and the undo goes at its usual pace.
    sandbox.control("PUT", "durations", durations | {"scale": 1e-9})
    sandbox.ec2.describe_snapshots()
    sandbox.control("PUT", "durations", durations)
    eventually(lambda: locks(sandbox, run) == [])
    eventually(lambda: web.shown() == before)


# The way back, days later


def days_later(sandbox: Client) -> None:
    """Let days pass in the EC2 world. The time to live of the ledger's released locks is over then."""
    durations = sandbox.control("GET", "durations")
    sandbox.control("PUT", "durations", {"scale": 1e-6})
    sandbox.ec2.describe_snapshots()
    sandbox.control("PUT", "durations", durations)
    table, ledger = sandbox.aws("dynamodb"), sandbox.endpoints.ledgerTable
    for item in table.scan(TableName=ledger)["Items"]:
        if "released" in item:
            table.delete_item(TableName=ledger, Key={"pk": item["pk"]})


def test_a_group_goes_back_and_forth_and_to_a_number(sandbox: Client, web: Web) -> None:
    days_later(sandbox)
    before = web.shown()
    first = next_call(sandbox)
    run = web.go_back()

    output = succeeded(run)
    assert output["generation"] == {"number": 4, "goesBackTo": 2}
    assert output["source"] == {"instanceId": None, "state": None, "downtimeSeconds": None}
    assert {**output["image"], "parameterName": None} == {**web.outputs[1]["image"], "parameterName": None}
    assert output["launchTemplate"] == web.outputs[1]["launchTemplate"]
    assert output["timings"]["stop"] is None
    assert {**web.shown(), "generations": None} == {
        **before,
        "launches": "2",
        "instances": ["2", "2"],
        "generations": None,
    }
    made = set(changes(sandbox, first, [run.arn]))
    assert made <= {"UpdateAutoScalingGroup", "TerminateInstanceInAutoScalingGroup"}
    newest = web.generations()[0]
    assert (newest["number"], newest["goesBackTo"], newest["replaced"]["generation"]) == (4, 2, 3)

    status, _, started = called(
        sandbox,
        "POST",
        f"/groups/{quote(web.name, safe='')}/go-back",
        {"goBackTo": "previous", "rollout": "none"},
    )
    assert status == 202, started
    assert started["name"]
    again = sandbox.wait(started["executionArn"])
    assert succeeded(again)["generation"] == {"number": 5, "goesBackTo": 3}
    status, _, described = called(sandbox, "GET", f"/refreshes/{started['name']}")
    assert (described["goBackTo"], "sourceInstanceId" in described) == ("previous", False)

    assert succeeded(web.go_back(1, rollout="drain"))["generation"] == {"number": 6, "goesBackTo": 1}
    assert sizes_of(sandbox, web.name) == (0, 0, 0)
    parameters = sandbox.aws("ssm")
    published = parameters.get_parameter(Name=output["image"]["parameterName"])["Parameter"]["Value"]
    assert published == web.outputs[0]["image"]["id"]


def test_a_run_whose_commit_fails_is_committed_by_the_sweeper(sandbox: Client, web: Web) -> None:
    refused = {"service": "dynamodb", "action": "TransactWriteItems"}
    denied = {"effect": "error", "status": 400, "code": "AccessDeniedException", "times": None}
    # The sweeper is held too, until the test has looked.
    writers = ("CommitRefreshFunction", "SweepRunsFunction")
    sandbox.faults(*(refused | denied | {"role": role} for role in writers))
    number = web.generations()[0]["number"]
    run = web.go_back(3, rollout="none")
    output = succeeded(run)
    assert output["generation"] is None
    assert any("the generation is not written yet" in warning for warning in output["warnings"])
    assert len(locks(sandbox, run.arn)) == 3
    assert web.generations()[0]["number"] == number
    sandbox.faults()
    eventually(lambda: web.generations()[0]["number"] == number + 1)
    assert web.generations()[0]["run"] == run.arn
    eventually(lambda: locks(sandbox, run.arn) == [])
