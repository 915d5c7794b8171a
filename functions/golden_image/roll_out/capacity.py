"""The group's capacity, brought back from the new image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from golden_image import aws, polling, redaction
from golden_image.errors import RolloutTimedOut
from golden_image.group import group
from golden_image.model.check import Check
from golden_image.model.group import Sizes
from golden_image.roll_out import targets, warnings
from golden_image.run import changes

if TYPE_CHECKING:
    from golden_image.model.group import StatedSizes


_MOST_NAMED = 5


@dataclass(frozen=True)
class Restored:
    """The sizes with which the group comes back, and what there is to tell about them."""

    sizes: Sizes
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class CapacityCheck(Check):
    """A check of the capacity, with what it has to tell about what somebody else did meanwhile."""

    warnings: tuple[str, ...]


def restore(run: str, group_name: str, stated: StatedSizes) -> Restored:
    """Set the group's sizes, so that instances of the new image are launched.

    They are those of the input, and else those from just before the drain. Where somebody else has set a
    desired capacity meanwhile, all sizes are theirs and stay. A maximum alone stays, too. A later try sets
    none: zeros that it finds may be somebody's.

    Raises:
        NotYetVisible: the group is not shown.
        RunSettled: the run no longer decides about the group.
    """
    before = changes.drain_of(run)
    now = group.sizes(group.visible(group_name))
    planned = stated.over(before.sizes)
    wanted = now if before.sized_by_others else planned.after_drain(now)
    told: tuple[str, ...] = () if wanted.desired_capacity else (warnings.at_zero(group_name),)
    if wanted != planned:
        told = (
            warnings.sizes_of_others(group_name, now)
            if wanted == now
            else warnings.maximum_of_others(group_name, now.max_size),
        )
    elif not stated.beside(before.sizes).are_ordered:
        told += (warnings.limits_moved(group_name, before.sizes, planned),)
    if not before.restored and (wanted == planned or wanted != now):
        group.resize(group_name, wanted)
    # Not before: zeros that a call leaves which then fails would be somebody's.
    changes.note_restored(run)
    return Restored(wanted, told)


def check(group_name: str, restored: Sizes, waited: int, limit: int) -> CapacityCheck:
    """Whether the desired number of instances is in service and healthy, in the target groups too.

    Sizes that somebody has set meanwhile are followed, down to zero; but no more instances are waited for
    than those of the sizes that were restored.

    Raises:
        RolloutTimedOut: it is not after `limit` seconds; with Auto Scaling's last reason for a failed launch.
    """
    found = group.visible(group_name)
    good = [
        i for i in found["Instances"] if i["LifecycleState"] == "InService" and i["HealthStatus"] == "Healthy"
    ]
    shown = group.sizes(found)
    # An answer from before the sizes were set shows those of the drain.
    if shown.is_empty and waited < polling.SETTLED_AFTER:
        shown = restored
    desired = min(restored.desired_capacity, shown.desired_capacity)
    unfit = targets.reasons_not_healthy(found, [i["InstanceId"] for i in good])
    good = [i for i in good if i["InstanceId"] not in unfit]
    # Of a mixed instances policy the desired capacity may be in units of which an instance is several.
    units = sum(int(i.get("WeightedCapacity", 1)) for i in good)
    progress = f"{units} of {desired} in service"
    if units >= desired:
        return _answer(
            polling.finished(progress),
            () if shown == restored else (warnings.sizes_of_others(group_name, shown),),
        )
    if waited < limit:
        return _answer(polling.pending(group_name, waited, limit, progress, RolloutTimedOut("")), ())
    raise RolloutTimedOut(
        f"'{group_name}' has {progress} after {limit} s.{_told(unfit)} "
        f"Last failed launch: {last_failure(group_name)}"
    )


def _answer(check: Check, told: tuple[str, ...]) -> CapacityCheck:
    return CapacityCheck(check.done, check.wait_seconds, check.progress, told)


def _told(unfit: dict[str, str]) -> str:
    """The first instances that no target group calls healthy; a cause has no room for all."""
    first = [f"{instance_id} is {reason}" for instance_id, reason in sorted(unfit.items())[:_MOST_NAMED]]
    return f" Not healthy for the load balancer: {', '.join(first)}." if first else ""


def last_failure(group_name: str) -> str:
    """Auto Scaling's reason for the group's last failed launch, without what may be secret; or `none`."""
    activities = aws.client("autoscaling").describe_scaling_activities(AutoScalingGroupName=group_name)[
        "Activities"
    ]
    failed = [a for a in activities if a["StatusCode"] in {"Failed", "Cancelled"}]
    reason = failed[0].get("StatusMessage", "no reason given") if failed else "none"
    return redaction.of_launch(reason)
