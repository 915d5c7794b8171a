"""How long a roll takes at least: a plan whose time-out is shorter would always be undone.

Sources: "Core concepts" in "How an instance refresh works", and "Understand the default values", in the Auto
Scaling User Guide. A refresh waits for the warm-up of each batch of instances, and of the last one too.
"""

from __future__ import annotations

from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING

from golden_image.errors import FieldError
from golden_image.model.approval import CHECKPOINT
from golden_image.model.rolling import IGNORE

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef, InstanceTypeDef

    from golden_image.model.approval import ApprovalPlan
    from golden_image.model.rolling import RefreshPreferences

# AWS's CheckpointDelay, in seconds.
_DELAY = 3600
# DescribeAutoScalingGroups says so of a default warm-up that was taken away.
_NONE = -1


def too_short(
    found: AutoScalingGroupTypeDef, rolling: RefreshPreferences, approval: ApprovalPlan, limit: int
) -> list[FieldError]:
    """An entry where a refresh of the roll cannot end within `limit`, the seconds of timeouts.rollout.

    How many instances skip matching leaves is not known before, so such a roll is not judged.
    """
    if rolling.skip_matching:
        return []
    count = max(_counts(found, rolling, CHECKPOINT in approval.at))
    width = rolling.max_healthy_percentage - rolling.min_healthy_percentage
    # How AWS rounds is not documented: what is refused takes too long either way.
    at_a_time = max(1, ceil(found["DesiredCapacity"] * width / 100))
    warmup, pauses = _warmup(found, rolling), _pauses(rolling, CHECKPOINT in approval.at)
    least = ceil(count / at_a_time) * warmup + pauses
    if not count or least < limit:
        return []
    message = (
        f"must be above the {least} s that a refresh of '{found['AutoScalingGroupName']}' takes at least, "
        f"found {limit}: {count} instances, {at_a_time} at a time, each batch with a warm-up of {warmup} s"
        f"{f', and {pauses} s of pauses' if pauses else ''}. Raise it, or rolling.maxHealthyPercentage, or "
        "state a shorter rolling.instanceWarmup"
    )
    return [FieldError("timeouts.rollout", message)]


def _counts(found: AutoScalingGroupTypeDef, rolling: RefreshPreferences, approves: bool) -> list[int]:
    """How many instances each refresh of the roll replaces: one for each checkpoint that people approve."""
    size = sum(not _is_ignored(one, rolling) for one in found["Instances"])
    checkpoints = rolling.checkpoint_percentages
    if not (approves and checkpoints):
        return [size]
    ends = [ceil(size * percent / 100) for percent in (0, *checkpoints)]
    return [after - before for before, after in pairwise(ends)]


def _is_ignored(member: InstanceTypeDef, rolling: RefreshPreferences) -> bool:
    if member["LifecycleState"] == "Standby":
        return rolling.standby_instances == IGNORE
    return bool(member.get("ProtectedFromScaleIn")) and rolling.scale_in_protected_instances == IGNORE


def _warmup(found: AutoScalingGroupTypeDef, rolling: RefreshPreferences) -> int:
    """The warm-up that the input states, else the group's default, else its grace period."""
    if rolling.instance_warmup is not None:
        return rolling.instance_warmup
    default = found.get("DefaultInstanceWarmup", _NONE)
    return found.get("HealthCheckGracePeriod", 0) if default == _NONE else default


def _pauses(rolling: RefreshPreferences, approves: bool) -> int:
    """Seconds that a refresh waits at checkpoints, and bakes."""
    delay = _DELAY if rolling.checkpoint_delay is None else rolling.checkpoint_delay
    waits = 0 if approves else max(len(rolling.checkpoint_percentages or ()) - 1, 0) * delay
    return waits + (rolling.bake_time or 0)
