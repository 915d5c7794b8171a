"""The group's capacity, brought back from the new image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import aws, polling, redaction
from golden_image.errors import RolloutTimedOut
from golden_image.group import group
from golden_image.run import ledger

if TYPE_CHECKING:
    from golden_image.model.check import Check
    from golden_image.model.group import Sizes


def restore(run: str, group_name: str, sizes: Sizes) -> None:
    """Set the group's sizes to what the plan says, so that instances of the new image are launched.

    Raises:
        RunSettled: the run no longer decides about the group.
    """
    ledger.refuse_settled(run)
    group.resize(group_name, sizes)


def check(group_name: str, planned: Sizes, waited: int, limit: int) -> Check:
    """Whether the planned number of instances is in service and healthy.

    A policy that has scaled the group in meanwhile is followed; one that has scaled it out is not waited for.

    Raises:
        RolloutTimedOut: it is not after `limit` seconds; with Auto Scaling's last reason for a failed launch.
    """
    found = group.visible(group_name)
    good = [
        i for i in found["Instances"] if i["LifecycleState"] == "InService" and i["HealthStatus"] == "Healthy"
    ]
    desired, shown = planned.desired_capacity, group.sizes(found)
    # An answer from before the sizes were set shows those of the drain.
    if not shown.is_empty:
        desired = min(desired, shown.desired_capacity)
    progress = f"{len(good)} of {desired} in service"
    if len(good) >= desired:
        return polling.finished(progress)
    if waited < limit:
        return polling.pending(group_name, waited, limit, progress, RolloutTimedOut())
    raise RolloutTimedOut(
        f"'{group_name}' has {progress} after {limit} s. Last failed launch: {_last_failure(group_name)}"
    )


def _last_failure(group_name: str) -> str:
    activities = aws.client("autoscaling").describe_scaling_activities(AutoScalingGroupName=group_name)[
        "Activities"
    ]
    failed = [a for a in activities if a["StatusCode"] in {"Failed", "Cancelled"}]
    reason = failed[0].get("StatusMessage", "no reason given") if failed else "none"
    return redaction.without_user_data(reason)
