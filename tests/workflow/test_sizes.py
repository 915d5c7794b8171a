"""Sizes belong to whoever set them last: somebody else changes the group while a run is under way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.workflow.conftest import eventually, group_of, left_of, locks, sizes_of, succeeded

if TYPE_CHECKING:
    from sandbox.client import Client


@pytest.fixture
def source(sandbox: Client) -> str:
    """A running source with two volumes."""
    return str(sandbox.seed()["instanceId"])


@pytest.fixture
def slow_launches(sandbox: Client) -> None:
    """Instances that do not come up while a test acts, however busy the machine is."""
    sandbox.control("PUT", "durations", {"launch": 1500})


def existing(sandbox: Client, name: str, low: int, desired: int, high: int) -> list[str]:
    """A group on a template of its own; its instances."""
    image = sandbox.ec2.describe_images(Filters=[{"Name": "name", "Values": ["al2023-ami-*-x86_64"]}])
    data: Any = {"ImageId": image["Images"][0]["ImageId"], "InstanceType": "t3.small"}
    sandbox.ec2.create_launch_template(LaunchTemplateName=f"{name}-old", LaunchTemplateData=data)
    sandbox.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateName": f"{name}-old", "Version": "1"},
        VPCZoneIdentifier=sandbox.ec2.describe_subnets()["Subnets"][0]["SubnetId"],
        MinSize=low,
        MaxSize=high,
        DesiredCapacity=desired,
    )
    eventually(lambda: len(in_service(sandbox, name)) == desired)
    return in_service(sandbox, name)


def in_service(sandbox: Client, name: str) -> list[str]:
    found = group_of(sandbox, name)
    members = found["Instances"] if found else []
    return sorted(one["InstanceId"] for one in members if one["LifecycleState"] == "InService")


def resize(sandbox: Client, name: str, low: int, desired: int, high: int) -> None:
    """Somebody, or a scheduled action, sets the group's sizes."""
    sandbox.autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=low, MaxSize=high, DesiredCapacity=desired
    )


def reached(sandbox: Client, run: str, state: str) -> None:
    """Wait until a run has entered a state."""
    eventually(lambda: state in [visit.name for visit in sandbox.visits(run)])


def sizes(low: int, desired: int, high: int) -> dict[str, int]:
    return {"minSize": low, "desiredCapacity": desired, "maxSize": high}


def on_its_way(sandbox: Client, source: str, group: str, rollout: str, state: str) -> str:
    """A run that has reached a state."""
    run = sandbox.start({"sourceInstanceId": source, "autoScalingGroupName": group, "rollout": rollout})
    reached(sandbox, run, state)
    return run


def test_a_group_that_is_scaled_while_the_snapshots_grow_keeps_what_it_was_scaled_to(
    sandbox: Client, source: str, group: str
) -> None:
    existing(sandbox, group, 1, 1, 4)
    run = on_its_way(sandbox, source, group, "none", "Check Snapshots")
    resize(sandbox, group, 1, 3, 4)
    eventually(lambda: len(in_service(sandbox, group)) == 3)
    scaled = in_service(sandbox, group)

    output = succeeded(sandbox.wait(run))

    assert sizes_of(sandbox, group) == (1, 3, 4)
    assert in_service(sandbox, group) == scaled
    assert output["group"]["sizesBefore"] == output["group"]["sizesAfter"] == sizes(1, 3, 4)


def test_a_group_that_was_empty_in_the_plan_and_has_instances_now_is_not_emptied(
    sandbox: Client, source: str, group: str
) -> None:
    existing(sandbox, group, 0, 0, 0)
    run = sandbox.start({"sourceInstanceId": source, "autoScalingGroupName": group})
    reached(sandbox, run, "Check Snapshots")
    resize(sandbox, group, 2, 2, 4)
    eventually(lambda: len(in_service(sandbox, group)) == 2)
    launched = in_service(sandbox, group)

    output = succeeded(sandbox.wait(run))

    assert output["rollout"] == "none"
    assert sizes_of(sandbox, group) == (2, 2, 4)
    assert in_service(sandbox, group) == launched


def test_recreate_comes_back_to_the_sizes_from_just_before_the_drain(
    sandbox: Client, source: str, group: str
) -> None:
    existing(sandbox, group, 1, 1, 2)
    run = on_its_way(sandbox, source, group, "recreate", "Check Snapshots")
    resize(sandbox, group, 3, 4, 6)

    output = succeeded(sandbox.wait(run))

    assert sizes_of(sandbox, group) == (3, 4, 6)
    assert output["group"]["sizesBefore"] == output["group"]["sizesAfter"] == sizes(3, 4, 6)
    assert output["warnings"] == []


@pytest.mark.usefixtures("slow_launches")
def test_a_recreate_of_a_group_that_is_scaled_and_drained_ends_as_the_scheduled_action_set_it(
    sandbox: Client, source: str, group: str
) -> None:
    before = existing(sandbox, group, 1, 1, 4)
    run = on_its_way(sandbox, source, group, "recreate", "Check Snapshots")
    resize(sandbox, group, 1, 3, 4)
    reached(sandbox, run, "Check Capacity")
    resize(sandbox, group, 0, 0, 0)

    output = succeeded(sandbox.wait(run))

    assert sizes_of(sandbox, group) == (0, 0, 0)
    assert output["group"]["sizesBefore"] == sizes(1, 3, 4)
    assert output["group"]["sizesAfter"] == sizes(0, 0, 0)
    (warning,) = output["warnings"]
    assert "somebody else set the sizes" in warning
    assert set(before).isdisjoint(in_service(sandbox, group))


def test_sizes_that_are_set_while_the_group_is_drained_win(sandbox: Client, source: str, group: str) -> None:
    before = existing(sandbox, group, 1, 2, 4)
    sandbox.autoscaling.put_lifecycle_hook(
        AutoScalingGroupName=group,
        LifecycleHookName="slowly",
        LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
        HeartbeatTimeout=300,
    )
    run = sandbox.start({"sourceInstanceId": source, "autoScalingGroupName": group, "rollout": "drain"})
    reached(sandbox, run, "Wait for Group to Drain")
    resize(sandbox, group, 0, 1, 3)

    output = succeeded(sandbox.wait(run))

    assert sizes_of(sandbox, group) == (0, 1, 3)
    assert output["group"]["sizesAfter"] == sizes(0, 1, 3)
    assert "somebody else set the sizes" in output["warnings"][0]
    eventually(lambda: len(in_service(sandbox, group)) == 1)
    assert set(before).isdisjoint(in_service(sandbox, group))


def test_a_recreate_that_comes_back_to_zero_is_told_in_the_plan_and_in_the_output(
    sandbox: Client, source: str, group: str
) -> None:
    existing(sandbox, group, 0, 0, 4)
    wanted = {"sourceInstanceId": source, "autoScalingGroupName": group, "rollout": "recreate"}

    plan = succeeded(sandbox.run({**wanted, "dryRun": True}))
    output = succeeded(sandbox.run(wanted))

    (warning,) = plan["warnings"]
    assert "group.minSize, group.desiredCapacity and group.maxSize" in warning
    assert output["warnings"] == [warning]


@pytest.mark.usefixtures("slow_launches")
def test_a_roll_back_leaves_what_somebody_has_set_since_and_says_so(
    sandbox: Client, source: str, group: str
) -> None:
    existing(sandbox, group, 0, 0, 4)
    changed = {"minSize": 1, "maxSize": 6, "healthCheckGracePeriod": 30}
    run = sandbox.start(
        {"sourceInstanceId": source, "autoScalingGroupName": group, "rollout": "recreate", "group": changed}
    )
    reached(sandbox, run, "Wait for Capacity")
    sandbox.autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=group, HealthCheckGracePeriod=77, DesiredCapacity=3
    )
    sandbox.faults({"service": "autoscaling", "role": "CheckCapacityFunction", "code": "AccessDenied"})
    over = sandbox.wait(run)

    assert over.status == "FAILED"
    found = group_of(sandbox, group)
    assert found is not None
    assert (found["HealthCheckGracePeriod"], sizes_of(sandbox, group)) == (77, (0, 3, 4))
    assert found["LaunchTemplate"]["LaunchTemplateName"] == f"{group}-old"
    told = f"Roll-back: nothing of the run is left; kept as somebody else has set it in '{group}' since: "
    assert told in str(over.cause)
    assert "health check grace period: 77 (set by the run: 30; before: 0)" in str(over.cause)
    assert left_of(sandbox, run) == []


def test_a_group_whose_version_from_before_cannot_launch_stays_on_the_new_one(
    sandbox: Client, source: str, group: str
) -> None:
    existing(sandbox, group, 1, 1, 4)
    sandbox.faults({"service": "autoscaling", "role": "CheckCapacityFunction", "code": "AccessDenied"})
    run = on_its_way(sandbox, source, group, "recreate", "Update Auto Scaling Group")
    sandbox.ec2.delete_launch_template(LaunchTemplateName=f"{group}-old")
    over = sandbox.wait(run)

    assert over.status == "FAILED"
    assert "cannot launch (InvalidLaunchTemplateId.NotFound" in str(over.cause)
    assert "stays on the run's launch template version" in str(over.cause)
    found = group_of(sandbox, group)
    assert found is not None
    assert found["LaunchTemplate"]["LaunchTemplateName"] == group
    assert sizes_of(sandbox, group) == (1, 1, 4)
    assert [one for one in left_of(sandbox, run) if one.startswith("ami-")]
    assert locks(sandbox, run) == []
    eventually(lambda: len(in_service(sandbox, group)) == 1)


def test_a_group_that_could_not_come_back_any_more_is_not_touched(
    sandbox: Client, source: str, group: str
) -> None:
    before = existing(sandbox, group, 1, 2, 4)
    run = on_its_way(sandbox, source, group, "recreate", "Check Snapshots")
    sandbox.autoscaling.suspend_processes(AutoScalingGroupName=group, ScalingProcesses=["Launch"])

    ended = sandbox.wait(run)

    assert ended.error == "GroupNotSupported"
    assert "has suspended Launch, so recreate could not finish" in str(ended.cause)
    assert "Roll-back: nothing of the run is left." in str(ended.cause)
    assert in_service(sandbox, group) == before
    assert sizes_of(sandbox, group) == (1, 2, 4)
    assert left_of(sandbox, run) == locks(sandbox, run) == []
