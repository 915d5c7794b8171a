"""What may be called twice, and what a second call finds."""

from typing import Any

from moto.core.utils import get_service_model

from tests.ec2world.client import WorldClient, name, refused


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
