"""The instances of a failed run in a group that is not its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import aws
from golden_image.group import group, members, version_data
from golden_image.run import changes

if TYPE_CHECKING:
    from collections.abc import Collection

    from golden_image.model.group import GroupChange
    from golden_image.model.plan import WayBackPlan

_LEAVING = "Warmed:Terminating"


def replace(group_name: str, versions: Collection[str], had: Collection[str] = ()) -> bool:
    """Have Auto Scaling replace the group's instances that were launched from the run's template version.

    Answers whether there were any; one that is terminating is still there.

    Args:
        versions: the run's, as in model.made.
        had: the ids of those that the group had before the run, as it may on a way back. They stay.
    """
    found = group.find(group_name)
    launched = set(members.launched(found["Instances"], versions)) - set(had) if found else set()
    return bool(found and members.end_those(found, launched))


def replace_of_way_back(plan: WayBackPlan) -> bool:
    """The same for the version of the generation that a run went back to. What the group had of it stays.

    Where it launched from that version before, too, those of the run are as it would launch them again.
    """
    change = changes.read(plan.run)
    if change is None or launched_before(plan, change):
        return False
    return replace(plan.group.name, [plan.version_id], change.had)


def launched_before(plan: WayBackPlan, change: GroupChange) -> bool:
    """Whether the group launched from the generation's version before, too."""
    before = change.before
    number = change.pinned or before.launch_template_version
    return version_data.resolved(before.launch_template_id, number) == plan.goes_back_to.version


def in_warm_pool(group_name: str, versions: Collection[str]) -> list[str]:
    """The instances of a warm pool that stay and were launched from the run's template version.

    Auto Scaling ends no single instance of a warm pool (TerminateInstanceInAutoScalingGroup refuses them).
    """
    found = group.find(group_name)
    if not found or "WarmPoolConfiguration" not in found:
        return []
    pages = aws.client("autoscaling").get_paginator("describe_warm_pool")
    pool = pages.paginate(AutoScalingGroupName=group_name).build_full_result()
    staying = [one for one in pool["Instances"] if not one["LifecycleState"].startswith(_LEAVING)]
    return members.launched(staying, versions)
