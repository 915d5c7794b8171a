"""Instance refreshes: how many members are in service meanwhile, counted at every change."""

from typing import Any

import pytest

from tests.ec2world.client import WorldClient
from tests.world.refreshes import (
    latest,
    most,
    resize,
    rolled,
    start,
    two_versions,
    versions,
)

LAUNCH_FIRST = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110}


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_surge_launches_before_it_terminates(world: WorldClient, size: int) -> None:
    group, desired = two_versions(world)
    resize(world, group, size)
    counts = rolled(world, group, DesiredConfiguration=desired, Preferences=LAUNCH_FIRST)
    assert (counts["leastInService"], most(counts)) == (size, size + 1)
    assert versions(world, group) == ["2"] * size


@pytest.mark.parametrize(
    ("size", "preferences"), [(1, {}), (3, {"MinHealthyPercentage": 100}), (3, {"MinHealthyPercentage": 90})]
)
def test_without_a_maximum_a_member_goes_while_another_is_launched(
    world: WorldClient, size: int, preferences: dict[str, Any]
) -> None:
    group = world.group(size)
    counts = rolled(world, group, Preferences=preferences)
    assert (counts["leastInService"], most(counts)) == (size - 1, size)


def test_a_maximum_of_100_is_not_the_same_as_none(world: WorldClient) -> None:
    group = world.group(1)
    bounds = {"MinHealthyPercentage": 90, "MaxHealthyPercentage": 100}
    counts = rolled(world, group, Preferences=bounds)
    assert (counts["leastInService"], most(counts)) == (1, 2)


def test_the_least_healthy_are_rounded_up(world: WorldClient) -> None:
    group = world.group(3)
    bounds = {"MinHealthyPercentage": 34, "MaxHealthyPercentage": 100}
    assert rolled(world, group, Preferences=bounds)["leastInService"] == 2


def test_a_wider_range_replaces_more_at_a_time(world: WorldClient) -> None:
    group = world.group(4)
    bounds = {"MinHealthyPercentage": 50, "MaxHealthyPercentage": 150}
    counts = rolled(world, group, Preferences=bounds)
    assert (counts["leastInService"], most(counts)) == (2, 6)


def test_a_minimum_of_0_replaces_all_at_a_time(world: WorldClient) -> None:
    group = world.group(3)
    counts = rolled(world, group, Preferences={"MinHealthyPercentage": 0})
    assert (counts["leastInService"], most(counts)) == (0, 3)
    assert max(one["pending"] for one in counts["changes"]) == 3


def test_the_groups_maintenance_policy_is_the_default(world: WorldClient) -> None:
    policy = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 200}
    group = world.group(2, InstanceMaintenancePolicy=policy)
    counts = rolled(world, group)
    assert (counts["leastInService"], most(counts)) == (2, 4)
    assert latest(world, group)["Preferences"].items() >= policy.items()


def test_a_weight_of_the_whole_capacity_replaces_all_at_a_time(world: WorldClient) -> None:
    group, desired = two_versions(world)
    for weight, least in (("3", 0), ("2", 3)):
        overrides = [{"InstanceType": "t3.small", "WeightedCapacity": weight}]
        policy = {"LaunchTemplateSpecification": desired["LaunchTemplate"], "Overrides": overrides}
        world.asg.update_auto_scaling_group(
            AutoScalingGroupName=group, MixedInstancesPolicy={"LaunchTemplate": policy}
        )
        resize(world, group, 3)
        assert rolled(world, group, Preferences=LAUNCH_FIRST)["leastInService"] == least


def test_an_empty_group_has_nothing_to_replace(world: WorldClient) -> None:
    group, desired = two_versions(world)
    counts = rolled(world, group, DesiredConfiguration=desired)
    assert most(counts) == 0
    assert latest(world, group)["PercentageComplete"] == 100


def test_members_of_the_oldest_version_go_first(world: WorldClient) -> None:
    group, desired = two_versions(world)
    resize(world, group, 1)
    world.asg.update_auto_scaling_group(AutoScalingGroupName=group, **desired)
    resize(world, group, 2)
    start(world, group, Preferences={"InstanceWarmup": 1_000_000})
    world.until(lambda: versions(world, group) == ["2", "2"])
    assert latest(world, group)["InstancesToUpdate"] == 1
    world.asg.cancel_instance_refresh(AutoScalingGroupName=group)
