"""A desired configuration: what a group launches from while an instance refresh is under way.

Source: "Core concepts" of instance refreshes in the Auto Scaling User Guide: a scale-out during a refresh
launches from the desired configuration too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

# What moto keeps of a group's launch template, mixed instances policy or launch configuration.
LAUNCHES_FROM = (
    "ec2_launch_template",
    "launch_template_version",
    "provided_launch_template_version",
    "mixed_instances_policy",
    "launch_config",
    "launch_configuration_name",
)


@contextmanager
def launching_from(group: Any, desired: dict[str, Any] | None) -> Iterator[None]:
    """Let the group launch from a desired configuration meanwhile, if there is one.

    Raises what EC2 says where the template is gone.
    """
    if not desired:
        yield
        return
    before = {field: getattr(group, field, None) for field in LAUNCHES_FROM}
    policy = deepcopy(desired.get("MixedInstancesPolicy"))
    try:
        for field in LAUNCHES_FROM:
            setattr(group, field, None)
        group.mixed_instances_policy = policy
        group._set_launch_configuration("", desired.get("LaunchTemplate", {}), policy)
        yield
    finally:
        for field, value in before.items():
            setattr(group, field, value)


def overrides_of(policy: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The overrides of a mixed instances policy; none without one."""
    found: list[dict[str, Any]] = (policy or {}).get("LaunchTemplate", {}).get("Overrides", [])
    return found


def instance_types(group: Any) -> set[str]:
    """The instance types of the overrides of a group's mixed instances policy; none without one."""
    overrides = overrides_of(group.mixed_instances_policy)
    return {one["InstanceType"] for one in overrides if "InstanceType" in one}


def largest_weight(group: Any) -> int:
    """The largest weight of the types in a group's policy; 0 without weights."""
    overrides = overrides_of(group.mixed_instances_policy)
    return max((int(one.get("WeightedCapacity", 0)) for one in overrides), default=0)
