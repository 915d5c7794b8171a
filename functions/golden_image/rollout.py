"""What happens to the group's instances: drained to zero, and brought back from the new image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws, group, polling, tags
from golden_image.errors import DrainTimedOut, GroupNotSupported, RolloutTimedOut

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef

DRAIN = "drain"
RECREATE = "recreate"
NONE = "none"
# Of the ways an instance refresh can be, those in which it changes nothing any more.
_REFRESH_OVER = {"Successful", "Failed", "Cancelled", "RollbackFailed", "RollbackSuccessful"}
_STANDBY = {"EnteringStandby", "Standby"}


def refuse_unfinishable(found: AutoScalingGroupTypeDef, rollout: str) -> None:
    """Refuse a group whose rollout would wait for ever, or could not be undone.

    Raises:
        GroupNotSupported: with what was found and what to do.
    """
    name = found["AutoScalingGroupName"]
    if found.get("Status"):
        raise GroupNotSupported(
            f"'{name}' is being deleted ({found['Status']}). Wait, or choose another name."
        )
    if found.get("MixedInstancesPolicy"):
        raise GroupNotSupported(
            f"'{name}' has a mixed instances policy, which a run would replace. "
            "Use a group with one launch template."
        )
    _refuse_instance_refresh(name)
    if rollout == NONE:
        return
    suspended = {process["ProcessName"] for process in found.get("SuspendedProcesses", [])}
    # A drain that fails gives the group its instances back, which needs Launch.
    if blocked := sorted(suspended & {"Terminate", "Launch"}):
        raise GroupNotSupported(
            f"'{name}' has suspended {' and '.join(blocked)}, so a {rollout} would not end, or could not be "
            "undone. Resume it first."
        )
    members = found.get("Instances", [])
    if protected := [i["InstanceId"] for i in members if i.get("ProtectedFromScaleIn")]:
        raise GroupNotSupported(
            f"'{name}' has instances protected from scale-in, which a {rollout} would wait for in vain: "
            f"{', '.join(protected)}. Remove the protection first."
        )
    if found.get("WarmPoolConfiguration", {}).get("MinSize", 0) > 0:
        raise GroupNotSupported(
            f"'{name}' has a warm pool with a minimum size, which a {rollout} would wait for in vain. "
            "Delete the warm pool first, or set its MinSize to 0."
        )
    if standby := [i["InstanceId"] for i in members if i["LifecycleState"] in _STANDBY]:
        raise GroupNotSupported(
            f"'{name}' has instances in Standby, which a {rollout} would wait for in vain: "
            f"{', '.join(standby)}. Put them back in service or detach them first."
        )


def _refuse_instance_refresh(name: str) -> None:
    """Two that change a group's template and instances at once would undo each other."""
    found = aws.client("autoscaling").describe_instance_refreshes(AutoScalingGroupName=name)
    for refresh in found["InstanceRefreshes"]:
        if refresh["Status"] not in _REFRESH_OVER:
            raise GroupNotSupported(
                f"'{name}' has the instance refresh {refresh['InstanceRefreshId']} under way "
                f"({refresh['Status']}). Wait for its end, or cancel it while it is in progress: "
                f"aws autoscaling cancel-instance-refresh --auto-scaling-group-name '{name}'"
            )


def drain(name: str) -> None:
    """Set the group's sizes to zero, so that Auto Scaling terminates all of its instances."""
    group.resize(name, group.EMPTY)


def replace(run: str, name: str) -> bool:
    """Have Auto Scaling replace the group's instances that were launched from the run's template version.

    Answers whether there were any; one that is terminating is still there.
    """
    found = group.find(name)
    states = {i["InstanceId"]: i["LifecycleState"] for i in found["Instances"]} if found else {}
    pages = aws.client("ec2").get_paginator("describe_instances").paginate(Filters=tags.made_by(run))
    marked = {i["InstanceId"] for page in pages for r in page["Reservations"] for i in r["Instances"]}
    launched = sorted(marked & states.keys())
    for instance_id in launched:
        if not states[instance_id].startswith("Terminating"):
            _terminate(instance_id)
    return bool(launched)


def _terminate(instance_id: str) -> None:
    try:
        aws.client("autoscaling").terminate_instance_in_auto_scaling_group(
            InstanceId=instance_id, ShouldDecrementDesiredCapacity=False
        )
    except ClientError as error:
        # It has left the group meanwhile; the next pass looks again.
        if aws.code(error) != "ValidationError":
            raise


def check_drained(name: str, waited: int, limit: int) -> polling.Check:
    """Whether no instance is left, in the group or in its warm pool; Terminating:Wait is still there.

    Raises:
        DrainTimedOut: instances are left after `limit` seconds; each is named with its state.
    """
    found = group.visible(name)
    states = [f"{i['InstanceId']} {i['LifecycleState']}" for i in found["Instances"]]
    left = len(states) + found.get("WarmPoolSize", 0)
    # An answer from before the drain may show no instance yet of a group that was just created.
    if left == 0 and group.sizes(found) == group.EMPTY:
        return polling.finished("no instance left")
    return polling.pending(
        name,
        waited,
        limit,
        f"{left} left",
        DrainTimedOut(
            f"'{name}' still has {left} instances after {limit} s "
            f"({', '.join(states) or 'in its warm pool'}). "
            "Look for lifecycle hooks, scale-in protection and suspended processes."
        ),
    )


def restore_capacity(name: str, sizes: group.Sizes) -> None:
    """Set the group's sizes to what the plan says, so that instances of the new image are launched."""
    group.resize(name, sizes)


def check_capacity(name: str, planned: group.Sizes, waited: int, limit: int) -> polling.Check:
    """Whether the planned number of instances is in service and healthy.

    A policy that has scaled the group in meanwhile is followed; one that has scaled it out is not waited for.

    Raises:
        RolloutTimedOut: it is not after `limit` seconds; with Auto Scaling's last reason for a failed launch.
    """
    found = group.visible(name)
    good = [
        i for i in found["Instances"] if i["LifecycleState"] == "InService" and i["HealthStatus"] == "Healthy"
    ]
    desired, shown = planned.desired_capacity, group.sizes(found)
    # An answer from before the sizes were set shows those of the drain.
    if shown != group.EMPTY:
        desired = min(desired, shown.desired_capacity)
    progress = f"{len(good)} of {desired} in service"
    if len(good) >= desired:
        return polling.finished(progress)
    if waited < limit:
        return polling.pending(name, waited, limit, progress, RolloutTimedOut())
    raise RolloutTimedOut(
        f"'{name}' has {progress} after {limit} s. Last failed launch: {_last_failure(name)}"
    )


def _last_failure(name: str) -> str:
    activities = aws.client("autoscaling").describe_scaling_activities(AutoScalingGroupName=name)[
        "Activities"
    ]
    failed = [a for a in activities if a["StatusCode"] in {"Failed", "Cancelled"}]
    return failed[0].get("StatusMessage", "no reason given") if failed else "none"
