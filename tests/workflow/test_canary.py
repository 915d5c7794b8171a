"""A canary proves the image before the group is touched, and is gone however it ends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.workflow.conftest import changes, eventually, group_of, left_of, locks, succeeded

if TYPE_CHECKING:
    from sandbox.client import Client

LAUNCHES = {"service": "ec2", "action": "RunInstances", "role": "LaunchCanaryFunction"}
SECRET = "tell-nobody-1"


@dataclass(frozen=True)
class Case:
    """A run with a canary, what goes wrong in it, and how it ends.

    Attributes:
        document: how the command on its canary ends; None for a canary without a document.
        error: the error of the run; of one that was aborted, its status.
    """

    error: str
    causes: tuple[str, ...] = ()
    faults: tuple[dict[str, Any], ...] = ()
    failing_check: str | None = None
    document: dict[str, Any] | None = None
    limit: int = 1800


def cut(state: str, effect: str, target: str = "run") -> dict[str, Any]:
    return {"service": "workflow", "action": state, "effect": effect, "target": target}


CASES = {
    "a status check fails": Case(
        "CanaryFailed",
        ("the instance status check of the canary i-", "is impaired", "Kernel panic"),
        failing_check="instance",
    ),
    "its document fails": Case(
        "CanaryFailed",
        ("ended Failed", "answered 22", "curl: (22) [hidden] returned error: 503", "login:"),
        document={
            "status": "Failed",
            "responseCode": 22,
            "stderr": f"{'x' * 5000} curl: (22) http://localhost/{SECRET} returned error: 503",
        },
    ),
    "no subnet has capacity": Case(
        "CanaryFailed",
        ("InsufficientInstanceCapacity: none here",),
        ({**LAUNCHES, "code": "InsufficientInstanceCapacity", "message": "none here", "times": None},),
    ),
    "it is never seen": Case(
        "CanaryTimedOut",
        ("not visible yet after 20 s",),
        (
            {
                "service": "ec2",
                "action": "DescribeInstances",
                "role": "CheckCanaryFunction",
                "code": "InvalidInstanceID.NotFound",
                "times": None,
            },
        ),
        limit=20,
    ),
    "its agent never reports": Case(
        "CanaryTimedOut",
        ("does not report to SSM",),
        ({"service": "ssm", "action": "SendCommand", "code": "InvalidInstanceId", "times": None},),
        document={},
        limit=300,
    ),
    "no answer of its launch comes": Case(
        "ServiceUnavailable", (), ({**LAUNCHES, "when": "after", "effect": "drop", "times": None},)
    ),
    "the run is aborted at its launch": Case("ABORTED", faults=(cut("Check Canary", "abort"),)),
    "the run times out in its document": Case(
        "States.Timeout", faults=(cut("Check Command", "timeout"),), document={}
    ),
    "its workflow is stopped at its end": Case(
        "States.TaskFailed", faults=(cut("Is Canary Ended?", "abort", "execution"),)
    ),
}


@pytest.fixture(scope="module")
def source(deployed: Client) -> dict[str, Any]:
    """A running source with a profile, and a volume that was attached by hand: it outlives its instance."""
    return new_source(deployed)


def new_source(sandbox: Client) -> dict[str, Any]:
    profile = f"canary-{uuid4().hex[:8]}"
    sandbox.make_profile(profile)
    seeded = sandbox.seed(instanceProfile=profile)
    zone = seeded["availabilityZone"]
    volume = sandbox.ec2.create_volume(AvailabilityZone=zone, Size=5, VolumeType="gp3")["VolumeId"]
    sandbox.ec2.attach_volume(VolumeId=volume, InstanceId=seeded["instanceId"], Device="/dev/sdz")
    return seeded


def existing_group(sandbox: Client, source: dict[str, Any]) -> str:
    """The name of a group that somebody has made, with an instance."""
    name = f"web-{uuid4().hex[:8]}"
    data: Any = {"ImageId": source["imageId"], "InstanceType": "t3.small"}
    sandbox.ec2.create_launch_template(LaunchTemplateName=f"{name}-old", LaunchTemplateData=data)
    sandbox.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateName": f"{name}-old", "Version": "1"},
        MinSize=1,
        MaxSize=2,
        VPCZoneIdentifier=source["subnetId"],
    )
    return name


def new_document(sandbox: Client, **parameters: Any) -> str:
    name = f"look-{uuid4().hex[:8]}"
    content = {
        "schemaVersion": "2.2",
        "parameters": parameters,
        "mainSteps": [{"action": "aws:runShellScript", "name": "look", "inputs": {"runCommand": ["true"]}}],
    }
    sandbox.aws("ssm").create_document(Name=name, DocumentType="Command", Content=json.dumps(content))
    return name


def asked(source: dict[str, Any], group: str, /, **more: Any) -> dict[str, Any]:
    """An input with a canary, of an image that keeps the volume."""
    return {
        "sourceInstanceId": source["instanceId"],
        "autoScalingGroupName": group,
        "rollout": "recreate",
        "canary": True,
        "image": {"keepVolumes": True},
        **more,
    }


@pytest.fixture(scope="module")
def runs(deployed: Client) -> dict[str, tuple[str, str]]:
    """The run and the group of each case, side by side, each with a source of its own."""
    started, faults = {}, []
    for case, told in CASES.items():
        source, name = new_source(deployed), f"canary-{uuid4().hex[:8]}"
        group, arn = existing_group(deployed, source), deployed.arn_of(name)
        canary: Any = True
        if told.document is not None:
            document = new_document(deployed, url={"type": "String"})
            canary = {"document": document, "parameters": {"url": f"http://localhost/{SECRET}"}}
            deployed.control("PUT", "command", {"document": document, **told.document})
        if told.failing_check:
            tag = {"key": "golden-image:run", "value": arn}
            deployed.control("PUT", "checks", {"tag": tag, "check": told.failing_check})
        faults += [{**fault, "run": arn} for fault in told.faults]
        started[case] = (name, asked(source, group, canary=canary, timeouts={"canary": told.limit}), group)
    deployed.faults(*faults)
    runs = {case: (deployed.start(given, name), group) for case, (name, given, group) in started.items()}
    for arn, _ in runs.values():
        deployed.wait(arn)
    eventually(lambda: not any(locks(deployed, arn) for arn, _ in runs.values()))
    deployed.faults()
    return runs


def canaries(sandbox: Client, run: str) -> list[Any]:
    filters: Any = [
        {"Name": "tag:golden-image:run", "Values": [run]},
        {"Name": "tag:golden-image:canary", "Values": ["true"]},
    ]
    found = sandbox.ec2.describe_instances(Filters=filters)["Reservations"]
    return [instance for reservation in found for instance in reservation["Instances"]]


def volumes(sandbox: Client, run: str) -> list[str]:
    filters: Any = [
        {"Name": "tag:golden-image:run", "Values": [run]},
        {"Name": "tag:golden-image:canary", "Values": ["true"]},
    ]
    return [volume["VolumeId"] for volume in sandbox.ec2.describe_volumes(Filters=filters)["Volumes"]]


@pytest.mark.parametrize("case", CASES)
def test_a_canary_that_proves_nothing_touches_no_group_and_leaves_nothing(
    sandbox: Client, runs: dict[str, tuple[str, str]], case: str
) -> None:
    arn, group = runs[case]
    run = sandbox.wait(arn)

    assert (run.error or run.status) == CASES[case].error, run.cause
    assert [words for words in CASES[case].causes if words not in str(run.cause)] == [], run.cause
    assert SECRET not in str(run.cause)
    made = changes(sandbox, 0, [arn])
    assert [action for action in made if "AutoScaling" in action or "Capacity" in action] == []
    found = group_of(sandbox, group)
    assert found is not None
    assert (found["LaunchTemplate"]["Version"], found["DesiredCapacity"]) == ("1", 1)
    assert {one["State"]["Name"] for one in canaries(sandbox, arn)} <= {"terminated"}
    assert [*volumes(sandbox, arn), *left_of(sandbox, arn)] == []


def test_an_image_is_proven_outside_its_group_and_nothing_of_the_canary_stays(
    sandbox: Client, source: dict[str, Any]
) -> None:
    group, document = existing_group(sandbox, source), new_document(sandbox)
    canary_of = {"canary": {"document": document}, "rollout": "none"}

    run = sandbox.run(asked(source, group, **canary_of))

    output = succeeded(run)
    (canary,) = canaries(sandbox, run.arn)
    assert output["canary"] == {"instanceId": canary["InstanceId"]}
    assert canary["ImageId"] == output["image"]["id"]
    assert output["timings"]["canary"] > output["timings"]["launchTemplate"] >= 0
    assert canary["State"]["Name"] == "terminated"
    assert volumes(sandbox, run.arn) == []
    tags = {tag["Key"]: tag["Value"] for tag in canary["Tags"]}
    template = output["launchTemplate"]
    assert tags["aws:ec2launchtemplate:id"] == template["id"]
    assert tags["aws:ec2launchtemplate:version"] == str(template["version"])
    assert canary["SubnetId"] == source["subnetId"]
    found = group_of(sandbox, group)
    assert found is not None
    assert canary["InstanceId"] not in {one["InstanceId"] for one in found["Instances"]}


def test_another_subnet_takes_the_canary_and_a_lost_answer_makes_no_second_one(
    sandbox: Client, source: dict[str, Any], group: str
) -> None:
    of_vpc: Any = [{"Name": "vpc-id", "Values": [source["vpcId"]]}]
    found = sandbox.ec2.describe_subnets(Filters=of_vpc)["Subnets"]
    second = next(one["SubnetId"] for one in found if one["AvailabilityZone"] == "us-east-1b")
    name = f"canary-{uuid4().hex[:8]}"
    of_run = {**LAUNCHES, "run": sandbox.arn_of(name)}
    full = {"code": "InsufficientInstanceCapacity", "contains": source["subnetId"], "times": None}
    sandbox.faults(
        {**of_run, **full}, {**of_run, "when": "after", "effect": "drop", "contains": second, "times": 4}
    )
    subnets = {"subnetIds": [source["subnetId"], second]}
    arn = sandbox.start(asked(source, group, rollout="none", group=subnets), name)

    output = succeeded(sandbox.wait(arn))

    (canary,) = canaries(sandbox, arn)
    assert output["canary"] == {"instanceId": canary["InstanceId"]}
    assert (canary["SubnetId"], canary["State"]["Name"]) == (second, "terminated")


def test_a_plan_refuses_a_canary_that_could_not_prove_anything(
    sandbox: Client, source: dict[str, Any], group: str
) -> None:
    document = new_document(sandbox, url={"type": "String"})

    def refused(canary: Any, **more: Any) -> str:
        run = sandbox.run(asked(source, group, canary=canary, **more))
        assert run.error == "InvalidInput"
        return str(run.cause)

    assert "there is no document 'no-such-document'" in refused({"document": "no-such-document"})
    wrong = refused({"document": document, "parameters": {"path": "/", "url": ["a", "b"]}})
    assert "canary.parameters: path is no parameter" in wrong
    assert "url takes one value, not 2" in wrong
    no_profile = refused({"document": document}, launchTemplate={"iamInstanceProfile": None})
    assert f"url is a required parameter of '{document}'" in no_profile
    assert "canary.document: the launch template names no instance profile" in no_profile
