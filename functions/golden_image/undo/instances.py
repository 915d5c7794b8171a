"""The instances of a failed run in a group that is not its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import aws
from golden_image.group import group, members
from golden_image.model.made import template_version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from mypy_boto3_autoscaling.type_defs import InstanceTypeDef


def replace(group_name: str, versions: Collection[str]) -> bool:
    """Have Auto Scaling replace the group's instances that were launched from the run's template version.

    Answers whether there were any; one that is terminating is still there.

    Args:
        versions: the run's, as in model.made.
    """
    found = group.find(group_name)
    launched = _launched(found["Instances"], versions) if found else []
    return bool(found and members.end_those(found, launched))


def in_warm_pool(group_name: str, versions: Collection[str]) -> list[str]:
    """The instances of a warm pool that were launched from the run's template version.

    Auto Scaling ends no single instance of a warm pool (TerminateInstanceInAutoScalingGroup refuses them).
    """
    found = group.find(group_name)
    if not found or "WarmPoolConfiguration" not in found:
        return []
    pages = aws.client("autoscaling").get_paginator("describe_warm_pool")
    pool = pages.paginate(AutoScalingGroupName=group_name).build_full_result()
    return _launched(pool["Instances"], versions)


def _launched(there: Iterable[InstanceTypeDef], versions: Collection[str]) -> list[str]:
    return [one["InstanceId"] for one in there if template_version(one) in versions]
