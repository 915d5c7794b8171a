"""Groups whose rollout a run refuses, each with the reason and what to do.

Checked while planning, and again before the group is changed: the plan may be a day old.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import aws
from golden_image.errors import FieldError, GroupNotSupported
from golden_image.model.group import DRAIN, NONE, RECREATE

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef

    from golden_image.model.group import GroupPlan, Sizes
    from golden_image.model.plan import Timeouts

# The statuses of an instance refresh in which it changes nothing any more.
_REFRESH_OVER = {"Successful", "Failed", "Cancelled", "RollbackFailed", "RollbackSuccessful"}
_TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"
_LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
_DEFAULT_HEARTBEAT = 3600
_STANDBY = {"EnteringStandby", "Standby"}
_RETAINED = {"Terminating:Retained", "Warmed:Pending:Retained", "Warmed:Terminating:Retained"}


def refuse_unfinishable(
    found: AutoScalingGroupTypeDef, rollout: str, timeouts: Timeouts, *, balanced: bool
) -> None:
    """Refuse a group whose rollout would wait for ever, or could not be undone.

    Args:
        balanced: whether the group is to register its instances with a load balancer.

    Raises:
        GroupNotSupported: with what was found and what to do.
    """
    name = found["AutoScalingGroupName"]
    if found.get("Status"):
        raise GroupNotSupported(
            f"'{name}' is being deleted ({found['Status']}). Wait until it is gone, or use another name."
        )
    if found.get("MixedInstancesPolicy"):
        raise GroupNotSupported(
            f"'{name}' has a mixed instances policy, which a run would replace. "
            "Use a group with one launch template."
        )
    _refuse_instance_refresh(name)
    if rollout != NONE:
        refuse_blocked(name, found, rollout, balanced=balanced)
        _refuse_warm_pool(name, found, rollout)
        _refuse_hooks(name, found, rollout, timeouts)


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


def unordered(sizes: Sizes) -> str:
    """That stated sizes do not go with the others, in words."""
    order = f"minSize {sizes.min_size} ≤ desiredCapacity {sizes.desired_capacity} ≤ maxSize {sizes.max_size}"
    return f"{order} does not hold, with the sizes that the group has"


def refuse_blocked(name: str, found: AutoScalingGroupTypeDef, rollout: str, *, balanced: bool) -> None:
    """Refuse a group in which an instance could not be terminated or launched.

    Args:
        rollout: what is refused, in words.
        balanced: as in refuse_unfinishable.

    Raises:
        GroupNotSupported: with what was found and what to do.
    """
    suspended = {process["ProcessName"] for process in found.get("SuspendedProcesses", [])}
    # The undo of a failed drain launches instances again, which needs Launch.
    if blocked := sorted(suspended & {"Terminate", "Launch"}):
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
    if protected := [i["InstanceId"] for i in members if i.get("ProtectedFromScaleIn")]:
        raise GroupNotSupported(
            f"'{name}': {rollout} cannot finish while these instances are protected from scale-in: "
            f"{', '.join(protected)}. Remove the protection first."
        )
    if standby := [i["InstanceId"] for i in members if i["LifecycleState"] in _STANDBY]:
        raise GroupNotSupported(
            f"'{name}': {rollout} cannot finish while these instances are in Standby: "
            f"{', '.join(standby)}. Put them back in service or detach them first."
        )
    if retained := [i["InstanceId"] for i in members if i["LifecycleState"] in _RETAINED]:
        raise GroupNotSupported(
            f"'{name}': {rollout} cannot finish while these instances are retained: {', '.join(retained)}. "
            "End them first: aws autoscaling terminate-instance-in-auto-scaling-group "
            "--no-should-decrement-desired-capacity --instance-id <id>"
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
    if rollout == RECREATE:
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


def _refuse_instance_refresh(group_name: str) -> None:
    """Two that change a group's template and instances at once would undo each other."""
    found = aws.client("autoscaling").describe_instance_refreshes(AutoScalingGroupName=group_name)
    for refresh in found["InstanceRefreshes"]:
        if refresh["Status"] not in _REFRESH_OVER:
            raise GroupNotSupported(
                f"'{group_name}' has the instance refresh {refresh['InstanceRefreshId']} in progress "
                f"({refresh['Status']}). Wait until it ends, or cancel it: "
                f"aws autoscaling cancel-instance-refresh --auto-scaling-group-name '{group_name}'"
            )
