"""What may be called twice, and what a second call finds."""

from typing import Any

import pytest

from tests.ec2world.client import WorldClient, name, refused

WITHOUT_A_TOKEN = (
    "CreateImage",
    "CreateSnapshot",
    "CreateSnapshots",
    "CreateTags",
    "DeregisterImage",
    "RegisterImage",
    "StartInstances",
    "StopInstances",
)


def tagged(run: str) -> list[dict[str, Any]]:
    return [{"ResourceType": "snapshot", "Tags": [{"Key": "golden-image:run", "Value": run}]}]


def snapshots_of(world: WorldClient, run: str) -> list[dict[str, Any]]:
    found = world.ec2.describe_snapshots(Filters=[{"Name": "tag:golden-image:run", "Values": [run]}])
    snapshots: list[dict[str, Any]] = found["Snapshots"]
    return snapshots


def test_a_client_token_makes_one_of_each_and_refuses_another(world: WorldClient) -> None:
    chosen, token = name("template"), name("token")
    wanted = {"LaunchTemplateName": chosen, "ClientToken": token, "LaunchTemplateData": {"KeyName": "k"}}
    first, again = (world.ec2.create_launch_template(**wanted) for _ in range(2))
    assert first["LaunchTemplate"] == again["LaunchTemplate"]
    assert first["ResponseMetadata"]["RequestId"] != again["ResponseMetadata"]["RequestId"]
    with refused("IdempotentParameterMismatch"):
        world.ec2.create_launch_template(**{**wanted, "LaunchTemplateData": {"KeyName": "other"}})
    version = {"LaunchTemplateName": chosen, "ClientToken": token, "LaunchTemplateData": {"KeyName": "v"}}
    made = [world.ec2.create_launch_template_version(**version)["LaunchTemplateVersion"] for _ in range(2)]
    assert [one["VersionNumber"] for one in made] == [2, 2]
    launch = {"LaunchTemplate": {"LaunchTemplateName": world.template()}, "MinCount": 1, "MaxCount": 1}
    ids = {
        world.ec2.run_instances(**launch, ClientToken=token)["Instances"][0]["InstanceId"] for _ in range(2)
    }
    assert len(ids) == 1
    with refused("IdempotentParameterMismatch"):
        world.ec2.run_instances(**{**launch, "MaxCount": 2}, ClientToken=token)
    image = world.available_image(world.snapshot_set(world.seed()["instanceId"])[0])
    copy = {"SourceImageId": image, "SourceRegion": "us-east-1", "Name": name("copy"), "ClientToken": token}
    assert len({world.ec2.copy_image(**copy)["ImageId"] for _ in range(2)}) == 1


def test_what_was_just_made_may_not_be_found_yet(world: WorldClient) -> None:
    source, run = world.seed()["instanceId"], name("run")
    world.faults({"service": "ec2", "action": "CreateSnapshots", "effect": "stale", "reads": 2})
    made = world.ec2.create_snapshots(
        InstanceSpecification={"InstanceId": source}, TagSpecifications=tagged(run)
    )["Snapshots"]
    ids = [one["SnapshotId"] for one in made]
    world.ec2.describe_volumes()  # shows nothing of it, and does not count
    assert snapshots_of(world, run) == []
    with refused("InvalidSnapshot.NotFound"):
        world.snapshots(ids)
    assert len(snapshots_of(world, run)) == 2


def test_botocore_makes_a_token_for_each_call(world: WorldClient) -> None:
    template = world.template()
    for _ in range(2):
        world.ec2.create_launch_template_version(
            LaunchTemplateName=template, LaunchTemplateData={"KeyName": "k"}
        )
    made = [one["params"] for one in world.calls() if one["action"] == "CreateLaunchTemplateVersion"]
    tokens = {one["ClientToken"] for one in made if one["LaunchTemplateName"] == template}
    assert len(tokens) == 2


@pytest.mark.parametrize(("call", "longest"), [("create_launch_template", 128), ("run_instances", 64)])
def test_a_token_has_so_many_characters_at_most(world: WorldClient, call: str, longest: int) -> None:
    arguments: dict[str, Any] = {
        "create_launch_template": {
            "LaunchTemplateName": name("template"),
            "LaunchTemplateData": {"KeyName": "k"},
        },
        "run_instances": {
            "ImageId": "ami-12c6146b",
            "InstanceType": "t3.small",
            "MinCount": 1,
            "MaxCount": 1,
        },
    }[call]
    with refused("InvalidParameterValue"):
        getattr(world.ec2, call)(**arguments, ClientToken="t" * (longest + 1))
    getattr(world.ec2, call)(**arguments, ClientToken="t" * longest)


def test_the_other_calls_take_no_token(world: WorldClient) -> None:
    ec2, autoscaling = (client.meta.service_model for client in (world.ec2, world.asg))

    def takes_a_token(model: Any, action: str) -> bool:
        shape = model.operation_model(action).input_shape
        return shape is not None and "ClientToken" in shape.members

    assert [one for one in WITHOUT_A_TOKEN if takes_a_token(ec2, one)] == []
    assert [one for one in autoscaling.operation_names if takes_a_token(autoscaling, one)] == [
        "LaunchInstances"
    ]
