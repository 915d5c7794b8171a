"""The drain: the group without instances of before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from golden_image import polling
from golden_image.errors import DrainTimedOut
from golden_image.group import group, members, target_groups
from golden_image.model.check import Check
from golden_image.model.group import Sizes
from golden_image.roll_out import refusals, warnings
from golden_image.run import changes

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef

    from golden_image.model.group import Drain

_MOST_NAMED = 20


@dataclass(frozen=True)
class DrainCheck(Check):
    """A check of the drain, with what it has to tell about what somebody else did meanwhile."""

    warnings: tuple[str, ...]


def drain(run: str, group_name: str) -> Sizes:
    """Set the group's sizes to zero, so that Auto Scaling terminates all of its instances.

    The sizes that it has in this moment go into the ledger before, with its instances, and are the answer.

    Raises:
        GroupNotSupported: the instances would not end or not come back, by what somebody did since the plan.
        NotYetVisible: a new group is not shown yet.
        RunSettled: the run no longer decides about the group.
    """
    found = group.visible(group_name)
    refusals.refuse_blocked(group_name, found, "the rollout", balanced=target_groups.has_traffic(found, None))
    now, members_now = group.sizes(found), tuple(one["InstanceId"] for one in found["Instances"])
    before = changes.note_drain(run, now, members_now)
    # An earlier try has noted them, and then somebody else has set others.
    if (theirs := before.after_drain(now)) != before:
        before = changes.note_drain(run, theirs, members_now, anew=True)
    group.resize(group_name, Sizes.EMPTY)
    return before


def check_drained(run: str, group_name: str, waited: int, limit: int) -> DrainCheck:
    """Whether no instance is left, in the group or in its warm pool; Terminating:Wait is still there.

    Where somebody else has set a desired capacity meanwhile, theirs stays. The instances of before that this
    has kept are ended, so that Auto Scaling launches others from the new version: then the drain is over.

    Raises:
        DrainTimedOut: instances are left after `limit` seconds; the first are named with their states.
        RunSettled: instances would have to be ended, and the run no longer decides about the group.
    """
    found = group.visible(group_name)
    wanted, told = found["DesiredCapacity"], tuple[str, ...]()
    left = [f"{i['InstanceId']} {i['LifecycleState']}" for i in found["Instances"]]
    warm = found.get("WarmPoolSize", 0)
    # An answer from before the drain may still show the sizes of before. A maximum fills a warm pool.
    if waited >= polling.SETTLED_AFTER and not group.sizes(found).is_empty:
        before = changes.drain_of(run)
        told, warm = _theirs(found, before), 0
        if wanted:
            changes.note_sized_by_others(run)
            left = members.end_those(found, before.members)
    if not left and not warm and (told or not wanted):
        return _answer(
            polling.finished(f"{wanted} instances wanted by somebody else" if wanted else "no instance left"),
            told,
        )
    count = len(left) + warm
    timed_out = DrainTimedOut(
        f"'{group_name}' still has {count} instances after {limit} s ({_first(left) or 'in its warm pool'}). "
        "Check for lifecycle hooks, scale-in protection and suspended processes."
    )
    pending = polling.pending(group_name, waited, limit, f"{count} left", timed_out)
    return _answer(pending, told)


def _answer(check: Check, told: tuple[str, ...]) -> DrainCheck:
    return DrainCheck(check.done, check.wait_seconds, check.progress, told)


def _theirs(found: AutoScalingGroupTypeDef, before: Drain) -> tuple[str, ...]:
    name, told = found["AutoScalingGroupName"], list[str]()
    if found["DesiredCapacity"] or before.sized_by_others:
        told.append(warnings.sizes_of_others(name, group.sizes(found)))
    else:
        told.append(warnings.maximum_of_others(name, found["MaxSize"]))
    if found["DesiredCapacity"]:
        told.append(f"the instances that '{name}' had before the rollout were ended one by one")
    if found.get("WarmPoolSize"):
        told.append(f"the warm pool of '{name}' may still hold instances from before the rollout")
    return tuple(told)


def _first(states: list[str]) -> str:
    """As many as a cause has room for: Step Functions cuts a child's at 32,768 characters."""
    more = [f"{len(states) - _MOST_NAMED} more"] if len(states) > _MOST_NAMED else []
    return ", ".join(states[:_MOST_NAMED] + more)
