"""Groups whose rollout a run refuses, each with the reason and what to do; checked while planning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import aws
from golden_image.errors import GroupNotSupported
from golden_image.model.group import NONE

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef

# The statuses of an instance refresh in which it changes nothing any more.
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
            f"'{name}' is being deleted ({found['Status']}). Wait until it is gone, or use another name."
        )
    if found.get("MixedInstancesPolicy"):
        raise GroupNotSupported(
            f"'{name}' has a mixed instances policy, which a run would replace. "
            "Use a group with one launch template."
        )
    _refuse_instance_refresh(name)
    if rollout != NONE:
        _refuse_blocked(name, found, rollout)


def _refuse_blocked(name: str, found: AutoScalingGroupTypeDef, rollout: str) -> None:
    """Refuse a group in which an instance could not be terminated or launched."""
    suspended = {process["ProcessName"] for process in found.get("SuspendedProcesses", [])}
    # The undo of a failed drain launches instances again, which needs Launch.
    if blocked := sorted(suspended & {"Terminate", "Launch"}):
        raise GroupNotSupported(
            f"'{name}' has suspended {' and '.join(blocked)}, so {rollout} could not finish, or could not be "
            "undone. Resume it first."
        )
    members = found.get("Instances", [])
    if protected := [i["InstanceId"] for i in members if i.get("ProtectedFromScaleIn")]:
        raise GroupNotSupported(
            f"'{name}': {rollout} cannot finish while these instances are protected from scale-in: "
            f"{', '.join(protected)}. Remove the protection first."
        )
    if found.get("WarmPoolConfiguration", {}).get("MinSize", 0) > 0:
        raise GroupNotSupported(
            f"'{name}' has a warm pool with a minimum size, so {rollout} cannot finish. "
            "Delete the warm pool first, or set its MinSize to 0."
        )
    if standby := [i["InstanceId"] for i in members if i["LifecycleState"] in _STANDBY]:
        raise GroupNotSupported(
            f"'{name}': {rollout} cannot finish while these instances are in Standby: "
            f"{', '.join(standby)}. Put them back in service or detach them first."
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
