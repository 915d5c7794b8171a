"""Groups whose rollout a run refuses, each with the reason and what to do.

Checked while planning, and again before the group is changed: the plan may be a day old.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import aws
from golden_image.errors import FieldError, GroupNotSupported
from golden_image.group import mixed, refreshes
from golden_image.model.group import DRAIN, NONE, RECREATE, ROLLING
from golden_image.model.rolling import WAIT

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef, InstanceRefreshTypeDef

    from golden_image.model.group import GroupPlan, Sizes
    from golden_image.model.plan import Timeouts
    from golden_image.model.rolling import RefreshPreferences

_TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"
_LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
_DEFAULT_HEARTBEAT = 3600
_STANDBY = {"EnteringStandby", "Standby"}
_RETAINED = {"Terminating:Retained", "Warmed:Pending:Retained", "Warmed:Terminating:Retained"}


def refuse_unfinishable(
    found: AutoScalingGroupTypeDef,
    rollout: str,
    timeouts: Timeouts,
    *,
    balanced: bool,
    rolling: RefreshPreferences | None = None,
) -> None:
    """Refuse a group whose rollout would wait for ever, or could not be undone.

    Args:
        rolling: the preferences of the refresh; None where the group is not rolled.
        balanced: whether the group is to register its instances with a load balancer.

    Raises:
        GroupNotSupported: with what was found and what to do.
    """
    refuse_by_settings(found, rollout, timeouts, balanced=balanced, rolling=rolling)
    name = found["AutoScalingGroupName"]
    refuse_instance_refresh(name, refreshes.latest(name))


def refuse_by_settings(
    found: AutoScalingGroupTypeDef,
    rollout: str,
    timeouts: Timeouts,
    *,
    balanced: bool,
    rolling: RefreshPreferences | None = None,
) -> None:
    """Refuse a group as `refuse_unfinishable` does, but for its instance refreshes."""
    name = found["AutoScalingGroupName"]
    if found.get("Status"):
        raise GroupNotSupported(
            f"'{name}' is being deleted ({found['Status']}). Wait until it is gone, or use another name."
        )
    mixed.refuse_own_images(found)
    if rolling:
        mixed.refuse_unrollable(found)
        _refuse_protecting(found, rolling)
    if rollout != NONE:
        refuse_blocked(name, found, rollout, balanced=balanced, rolling=rolling)
        _refuse_hooks(name, found, rollout, timeouts)
    if rollout not in {NONE, ROLLING}:
        _refuse_warm_pool(name, found, rollout)


def sizes_not_set(plan: GroupPlan, rollout: str) -> list[FieldError]:
    """The stated sizes of an existing group that a drain would not set."""
    if plan.before is None or rollout != DRAIN:
        return []
    stated = plan.stated_sizes
    fields = {
        "minSize": stated.min_size,
        "maxSize": stated.max_size,
        "desiredCapacity": stated.desired_capacity,
    }
    message = (
        f"drain leaves '{plan.name}' at zero and sets no sizes. Leave it out, or set rollout to recreate"
    )
    return [FieldError(f"group.{name}", message) for name, value in fields.items() if value is not None]


def refuse_unordered(plan: GroupPlan, now: Sizes) -> None:
    """Refuse stated sizes that do not go with those that the group has now.

    Raises:
        GroupNotSupported: with both.
    """
    if not (sizes := plan.stated_sizes.beside(now)).are_ordered:
        raise GroupNotSupported(
            f"the sizes of '{plan.name}' changed after the plan ({now}): {unordered(sizes)}. "
            "Set all three in a new run."
        )


def unordered(sizes: Sizes) -> str:
    """That stated sizes do not go with the others, in words."""
    order = f"minSize {sizes.min_size} ≤ desiredCapacity {sizes.desired_capacity} ≤ maxSize {sizes.max_size}"
    return f"{order} does not hold, with the sizes that the group has"


def refuse_blocked(
    name: str,
    found: AutoScalingGroupTypeDef,
    rollout: str,
    *,
    balanced: bool,
    rolling: RefreshPreferences | None = None,
) -> None:
    """Refuse a group in which an instance could not be terminated or launched.

    Args:
        rollout: what is refused, in words.
        balanced, rolling: as in refuse_unfinishable.

    Raises:
        GroupNotSupported: with what was found and what to do.
    """
    suspended = {process["ProcessName"] for process in found.get("SuspendedProcesses", [])}
    # The undo of a failed drain launches instances again, which needs Launch.
    if blocked := sorted(suspended & {"Terminate", "Launch", *(["InstanceRefresh"] if rolling else [])}):
        raise GroupNotSupported(
            f"'{name}' has suspended {' and '.join(blocked)}, so {rollout} could not finish, or could not be "
            "undone. Resume it first."
        )
    if balanced and "AddToLoadBalancer" in suspended:
        raise GroupNotSupported(
            f"'{name}' has suspended AddToLoadBalancer, so instances that {rollout} or its undo launches "
            "would get no traffic, and would not get it when the process is resumed. Resume it first."
        )
    members = found.get("Instances", [])
    waits = rolling is None or rolling.scale_in_protected_instances == WAIT
    if waits and (protected := [i["InstanceId"] for i in members if i.get("ProtectedFromScaleIn")]):
        raise GroupNotSupported(
            f"'{name}': {rollout} cannot finish while these instances are protected from scale-in: "
            f"{', '.join(protected)}. Remove the protection first"
            f"{', or set rolling.scaleInProtectedInstances' if rolling else ''}."
        )
    waits = rolling is None or rolling.standby_instances == WAIT
    if waits and (standby := [i["InstanceId"] for i in members if i["LifecycleState"] in _STANDBY]):
        raise GroupNotSupported(
            f"'{name}': {rollout} cannot finish while these instances are in Standby: "
            f"{', '.join(standby)}. Put them back in service or detach them first"
            f"{', or set rolling.standbyInstances' if rolling else ''}."
        )
    if retained := [i["InstanceId"] for i in members if i["LifecycleState"] in _RETAINED]:
        raise GroupNotSupported(
            f"'{name}': {rollout} cannot finish while these instances are retained: {', '.join(retained)}. "
            "End them first: aws autoscaling terminate-instance-in-auto-scaling-group "
            "--no-should-decrement-desired-capacity --instance-id <id>"
        )


def _refuse_protecting(found: AutoScalingGroupTypeDef, rolling: RefreshPreferences) -> None:
    """Refuse a group whose new instances a later stage, or a roll-back of AWS, would wait for."""
    if found.get("NewInstancesProtectedFromScaleIn") and rolling.scale_in_protected_instances == WAIT:
        raise GroupNotSupported(
            f"'{found['AutoScalingGroupName']}' protects new instances from scale-in "
            "(NewInstancesProtectedFromScaleIn), and a refresh that is to wait for protected instances "
            "could not be rolled back. Set rolling.scaleInProtectedInstances to Refresh, or take that away."
        )


def _refuse_warm_pool(name: str, found: AutoScalingGroupTypeDef, rollout: str) -> None:
    """Refuse a warm pool that a drain does not empty.

    It holds MinSize instances at least, and MaxGroupPreparedCapacity less the desired capacity where that
    is set; else the group's maximum less the desired capacity, which is none in a drained group.
    """
    pool = found.get("WarmPoolConfiguration", {})
    for setting in ("MinSize", "MaxGroupPreparedCapacity"):
        if int(str(pool.get(setting, 0))) > 0:
            raise GroupNotSupported(
                f"'{name}' has a warm pool with {setting} {pool.get(setting)}, which stays filled in a "
                f"drained group: {rollout} cannot finish. Delete the warm pool first, or take {setting} away."
            )


def _refuse_hooks(name: str, found: AutoScalingGroupTypeDef, rollout: str, timeouts: Timeouts) -> None:
    """Refuse lifecycle hooks in which an instance waits past the limit of its stage, or for ever.

    A group may retain an instance whose terminating hook is abandoned, as it is when nobody completes it.
    """
    triggers = found.get("InstanceLifecyclePolicy", {}).get("RetentionTriggers", {})
    retains = triggers.get("TerminateHookAbandon") == "retain"
    limits = {_TERMINATING: ("drain", timeouts.drain)}
    if rollout == ROLLING:
        limits[_TERMINATING] = ("rollout", timeouts.rollout)
    if rollout in {RECREATE, ROLLING}:
        limits[_LAUNCHING] = ("rollout", timeouts.rollout)
    hooks = aws.client("autoscaling").describe_lifecycle_hooks(AutoScalingGroupName=name)["LifecycleHooks"]
    for hook in hooks:
        if retains and hook["LifecycleTransition"] == _TERMINATING:
            raise GroupNotSupported(
                f"'{name}' retains instances that the lifecycle hook '{hook['LifecycleHookName']}' abandons "
                f"(InstanceLifecyclePolicy): they stay until somebody ends them, and {rollout} could not "
                "finish. Set TerminateHookAbandon to terminate, or delete the hook."
            )
        stage, limit = limits.get(hook["LifecycleTransition"], ("", 0))
        waits = hook.get("HeartbeatTimeout", _DEFAULT_HEARTBEAT)
        if stage and waits >= limit:
            raise GroupNotSupported(
                f"'{name}' has the lifecycle hook '{hook['LifecycleHookName']}', in which an instance may "
                f"wait {waits} s, and timeouts.{stage} is {limit} s: {rollout} could not finish. Set "
                f"timeouts.{stage} above {waits}, or shorten the hook's heartbeat timeout."
            )


def refuse_instance_refresh(group_name: str, latest: list[InstanceRefreshTypeDef]) -> None:
    """Refuse a group of which a refresh is under way: two that change it at once would undo each other."""
    if refresh := refreshes.under_way(latest):
        raise GroupNotSupported(
            f"'{group_name}' has the instance refresh {refresh['InstanceRefreshId']} in progress "
            f"({refresh['Status']}). Wait until it ends, or cancel it: "
            f"aws autoscaling cancel-instance-refresh --auto-scaling-group-name '{group_name}'"
        )
