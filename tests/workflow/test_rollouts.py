"""The three rollouts, for a group that the run creates and for one that it updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.workflow.conftest import group_of, left_of, locks, made_by, sizes_of, source_state, succeeded

if TYPE_CHECKING:
    from sandbox.client import Client

SIZES = {"minSize": 1, "maxSize": 3, "desiredCapacity": 2}


@pytest.fixture
def source(sandbox: Client) -> str:
    """A running source with two volumes."""
    return str(sandbox.seed()["instanceId"])


def refresh(sandbox: Client, source: str, name: str, /, **more: Any) -> dict[str, Any]:
    """The output of a run that succeeded."""
    return succeeded(sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": name, **more}))


def in_service_from(sandbox: Client, group: str) -> set[str]:
    """The images of a group's instances that are in service."""
    found = group_of(sandbox, group)
    assert found is not None
    ids = [i["InstanceId"] for i in found["Instances"] if i["LifecycleState"] == "InService"]
    if not ids:
        return set()
    reservations = sandbox.ec2.describe_instances(InstanceIds=ids)["Reservations"]
    return {instance["ImageId"] for r in reservations for instance in r["Instances"]}


def test_two_fields_make_an_image_a_template_and_a_group_that_is_drained(
    sandbox: Client, source: str, group: str
) -> None:
    run = sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group})

    output = succeeded(run)
    assert output["rollout"] == "drain"
    assert output["group"]["action"] == "created"
    assert output["launchTemplate"]["version"] == 1
    assert output["source"]["state"] == "running"
    assert output["source"]["downtimeSeconds"] > 0
    not_asked_for = {name for name, seconds in output["timings"].items() if seconds is None}
    assert not_asked_for == {"prepare", "canary", "approval"}
    images = sandbox.ec2.describe_images(Owners=["self"], Filters=made_by(run.arn))["Images"]
    assert [image["ImageId"] for image in images] == [output["image"]["id"]]
    snapshots = sandbox.ec2.describe_snapshots(OwnerIds=["self"], Filters=made_by(run.arn))["Snapshots"]
    assert {s["SnapshotId"] for s in snapshots} == set(output["image"]["snapshotIds"])
    assert [s["State"] for s in snapshots] == ["completed", "completed"]
    assert sizes_of(sandbox, group) == (0, 0, 0)
    found = group_of(sandbox, group)
    assert found is not None
    assert found["Instances"] == []
    assert found["LaunchTemplate"]["Version"] == "1"
    assert source_state(sandbox, source) == "running"
    assert locks(sandbox, run.arn) == []


def test_recreate_of_a_new_group_ends_with_instances_of_the_image(
    sandbox: Client, source: str, group: str
) -> None:
    output = refresh(sandbox, source, group, rollout="recreate", group=SIZES)

    assert sizes_of(sandbox, group) == (1, 2, 3)
    assert in_service_from(sandbox, group) == {output["image"]["id"]}


def test_none_leaves_a_new_group_to_launch_by_itself(sandbox: Client, source: str, group: str) -> None:
    refresh(sandbox, source, group, rollout="none", group=SIZES)

    assert sizes_of(sandbox, group) == (1, 2, 3)


def test_recreate_of_an_existing_group_gives_it_the_sizes_from_before(
    sandbox: Client, source: str, group: str
) -> None:
    refresh(sandbox, source, group, rollout="recreate", group=SIZES)

    output = refresh(sandbox, source, group, rollout="recreate")

    assert output["group"]["action"] == "updated"
    assert output["launchTemplate"]["version"] == 2
    assert output["group"]["sizesBefore"] == output["group"]["sizesAfter"] == SIZES
    assert sizes_of(sandbox, group) == (1, 2, 3)
    assert in_service_from(sandbox, group) == {output["image"]["id"]}


def test_drain_of_an_existing_group_leaves_it_at_zero(sandbox: Client, source: str, group: str) -> None:
    refresh(sandbox, source, group, rollout="recreate", group=SIZES)

    output = refresh(sandbox, source, group, rollout="drain")

    assert output["group"]["sizesBefore"] == SIZES
    assert sizes_of(sandbox, group) == (0, 0, 0)
    assert in_service_from(sandbox, group) == set()


def test_none_for_an_existing_group_changes_the_version_and_no_instance(
    sandbox: Client, source: str, group: str
) -> None:
    first = refresh(sandbox, source, group, rollout="recreate", group=SIZES)

    output = refresh(sandbox, source, group, rollout="none", group={"maxSize": 5})

    found = group_of(sandbox, group)
    assert found is not None
    assert found["LaunchTemplate"]["Version"] == "2"
    assert sizes_of(sandbox, group) == (1, 2, 5)
    assert in_service_from(sandbox, group) == {first["image"]["id"]}
    assert output["group"]["sizesAfter"] == SIZES | {"maxSize": 5}


def test_an_empty_group_needs_no_rollout_and_stays_empty(sandbox: Client, source: str, group: str) -> None:
    refresh(sandbox, source, group)

    output = refresh(sandbox, source, group)

    assert output["rollout"] == "none"
    assert sizes_of(sandbox, group) == (0, 0, 0)


def test_a_group_with_instances_is_never_drained_by_omission(
    sandbox: Client, source: str, group: str
) -> None:
    refresh(sandbox, source, group, rollout="recreate", group=SIZES)

    run = sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group})

    assert run.error == "RolloutRequired"
    assert "drain" in str(run.cause)
    assert "recreate" in str(run.cause)
    assert sizes_of(sandbox, group) == (1, 2, 3)


def test_every_page_of_the_consoles_wizard_reaches_the_group(
    sandbox: Client, source: str, group: str
) -> None:
    topic = sandbox.endpoints.notificationTopicArn
    account = sandbox.endpoints.stateMachineArn.split(":")[4]
    target_group = sandbox.target_group(
        f"arn:aws:elasticloadbalancing:us-east-1:{account}:targetgroup/web/73e2d6bc24d8a067"
    )
    # Another test may have made another VPC.
    of_default_vpc = [{"Name": "default-for-az", "Values": ["true"]}]
    subnets = [s["SubnetId"] for s in sandbox.ec2.describe_subnets(Filters=of_default_vpc)["Subnets"]][:2]

    refresh(
        sandbox,
        source,
        group,
        rollout="none",
        group={
            **SIZES,
            "subnetIds": subnets,
            "targetGroupArns": [target_group],
            "healthCheckType": "ELB",
            "healthCheckGracePeriod": 120,
            "targetCpuUtilization": 55,
            "notificationTopicArn": topic,
            "tags": {"Team": "web"},
        },
    )

    found = group_of(sandbox, group)
    assert found is not None
    assert found["VPCZoneIdentifier"].split(",") == subnets
    assert found["TargetGroupARNs"] == [target_group]
    assert (found["HealthCheckType"], found["HealthCheckGracePeriod"]) == ("ELB", 120)
    assert {t["Key"]: t["PropagateAtLaunch"] for t in found["Tags"]}["Team"] is True
    policies = sandbox.autoscaling.describe_policies(AutoScalingGroupName=group)["ScalingPolicies"]
    assert [p["TargetTrackingConfiguration"]["TargetValue"] for p in policies] == [55]
    notifications = sandbox.autoscaling.describe_notification_configurations(AutoScalingGroupNames=[group])
    assert {n["TopicARN"] for n in notifications["NotificationConfigurations"]} == {topic}


def test_the_image_is_published_as_a_parameter_of_type_image(
    sandbox: Client, source: str, group: str
) -> None:
    output = refresh(sandbox, source, group, rollout="none")

    parameter = sandbox.aws("ssm").get_parameter(Name=output["image"]["parameterName"])["Parameter"]
    assert (parameter["Value"], parameter["DataType"]) == (output["image"]["id"], "aws:ec2:image")


def test_a_dry_run_answers_the_plan_and_changes_nothing(sandbox: Client, source: str, group: str) -> None:
    run = sandbox.run({"sourceInstanceId": source, "autoScalingGroupName": group, "dryRun": True})

    plan = succeeded(run)
    assert plan["group"]["name"] == group
    assert plan["source"]["instanceId"] == source
    assert run.state_names == ["Plan Refresh", "Dry Run?", "Refresh Planned"]
    assert group_of(sandbox, group) is None
    assert left_of(sandbox, run.arn) == []
    assert source_state(sandbox, source) == "running"


def test_a_source_that_was_stopped_stays_stopped(sandbox: Client, group: str) -> None:
    source = sandbox.seed(state="stopped")["instanceId"]

    output = refresh(sandbox, source, group)

    assert output["source"] == {"instanceId": source, "state": "stopped", "downtimeSeconds": 0}
    assert source_state(sandbox, source) == "stopped"


def test_a_source_is_left_stopped_when_the_input_says_so(sandbox: Client, source: str, group: str) -> None:
    output = refresh(sandbox, source, group, restartSource=False)

    assert output["source"] == {"instanceId": source, "state": "stopped", "downtimeSeconds": None}
    assert source_state(sandbox, source) == "stopped"
