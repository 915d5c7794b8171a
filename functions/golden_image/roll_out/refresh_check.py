"""How far an instance refresh is. Only the status Successful is a success."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from golden_image import polling
from golden_image.errors import InstanceRefreshFailed, NotYetVisible, RolloutTimedOut
from golden_image.group import group, members, refreshes
from golden_image.model.check import Check
from golden_image.model.rolling import IGNORE
from golden_image.roll_out import capacity

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import InstanceRefreshTypeDef, InstanceTypeDef

    from golden_image.model.launch_template import LaunchTemplate
    from golden_image.model.rolling import RefreshPreferences
    from golden_image.model.stage import Stage

_GOES_ON = {"Pending", "InProgress", "Baking"}
_MOST_NAMED = 5


@dataclass(frozen=True)
class RefreshCheck(Check):
    """A check of a refresh, with what Auto Scaling says of it, for the run's history.

    Attributes:
        checkpoint: the highest of the checkpoint percentages that it has reached; 0 before the first.
        in_service: how many instances of the group are in service.
        of_version: how many of these were launched from the run's version.
    """

    status: str
    percentage_complete: int
    instances_to_update: int
    checkpoint: int
    status_reason: str
    in_service: int
    of_version: int


def check(  # noqa: PLR0913, PLR0917 - the check of a wait, and of a stage
    group_name: str,
    refresh_id: str,
    waited: int,
    waited_before: int,
    limit: int,
    version: LaunchTemplate,
) -> RefreshCheck:
    """Whether the refresh has succeeded; the group has the run's version then.

    Args:
        waited, limit: seconds of this stage.
        waited_before: seconds of the stages before.
        version: the one to which the group is rolled.

    Raises:
        InstanceRefreshFailed: it ended otherwise, or is being ended; with AWS's reasons.
        RolloutTimedOut: it goes on after `limit` seconds.
        NotYetVisible: Auto Scaling does not show it.
    """
    found = next((r for r in refreshes.latest(group_name) if r["InstanceRefreshId"] == refresh_id), None)
    if found is None:
        raise NotYetVisible(f"the instance refresh {refresh_id} of '{group_name}' is not visible")
    if found["Status"] == refreshes.SUCCESSFUL:
        return _answer(found, polling.finished(_progress(found)), version)
    if found["Status"] not in _GOES_ON:
        raise InstanceRefreshFailed(
            f"the instance refresh {refresh_id} of '{group_name}' is {found['Status']}, with "
            f"{_progress(found)}. Last failed launch: {capacity.last_failure(group_name)}"
        )
    if waited < limit:
        left = found.get("InstancesToUpdate", 0)
        warmup = found.get("Preferences", {}).get("InstanceWarmup", 0)
        wait = polling.rolling_seconds(waited, _percent(found), left, warmup, refresh_id, waited_before)
        going_on = Check(done=False, wait_seconds=min(wait, limit - waited), progress=_progress(found))
        return _answer(found, going_on, version)
    raise RolloutTimedOut(
        f"the instance refresh {refresh_id} of '{group_name}' is {found['Status']} after {limit} s, with "
        f"{_progress(found)}. Last failed launch: {capacity.last_failure(group_name)}"
    )


def refuse_left(group_name: str, stage: Stage) -> None:
    """Refuse instances that the last of several stages has left on another version.

    The group has the run's version since the first one. Of SkipMatching, AWS's documentation says both that
    instances are replaced that do not match, and that nothing is where the configuration does not change.

    Raises:
        InstanceRefreshFailed: with the instances.
    """
    if stage.number == 1 or not stage.is_last:
        return
    there = group.visible(group_name)["Instances"]
    own = members.launched(there, [stage.launch_template.version_id])
    left = [
        one["InstanceId"] for one in there if one["InstanceId"] not in own and _is_due(one, stage.rolling)
    ]
    if left:
        raise InstanceRefreshFailed(
            f"the last instance refresh of '{group_name}' is {refreshes.SUCCESSFUL}, and has left "
            f"{len(left)} instances of other versions: {', '.join(left[:_MOST_NAMED])}"
        )


def _is_due(instance: InstanceTypeDef, rolling: RefreshPreferences) -> bool:
    """Whether a refresh replaces a member: it is not ending, and the preferences do not ignore it."""
    state = instance["LifecycleState"]
    if instance["ProtectedFromScaleIn"] and rolling.scale_in_protected_instances == IGNORE:
        return False
    return not state.startswith("Terminat") and (state != "Standby" or rolling.standby_instances != IGNORE)


def _answer(found: InstanceRefreshTypeDef, check: Check, version: LaunchTemplate) -> RefreshCheck:
    there = group.find(found["AutoScalingGroupName"])
    members_now = there["Instances"] if there else []
    in_service = [one for one in members_now if one["LifecycleState"] == "InService"]
    return RefreshCheck(
        check.done,
        check.wait_seconds,
        check.progress,
        status=found["Status"],
        percentage_complete=_percent(found),
        instances_to_update=found.get("InstancesToUpdate", 0),
        checkpoint=_checkpoint(found),
        status_reason=_reason(found),
        in_service=len(in_service),
        of_version=len(members.launched(in_service, [version.version_id])),
    )


def _progress(found: InstanceRefreshTypeDef) -> str:
    """Its progress in words."""
    told = f"{_percent(found)}% replaced, {found.get('InstancesToUpdate', 0)} instances left"
    if checkpoint := _checkpoint(found):
        told += f", checkpoint {checkpoint}% reached"
    return f"{told}: {reason}" if (reason := _reason(found)) else told


def _percent(found: InstanceRefreshTypeDef) -> int:
    return found.get("PercentageComplete", 0)


def _checkpoint(found: InstanceRefreshTypeDef) -> int:
    checkpoints = found.get("Preferences", {}).get("CheckpointPercentages", [])
    return max((one for one in checkpoints if one <= _percent(found)), default=0)


def _reason(found: InstanceRefreshTypeDef) -> str:
    """Why it has its status, and why it was rolled back, in AWS's words."""
    reasons = [found.get("StatusReason"), found.get("RollbackDetails", {}).get("RollbackReason")]
    return " ".join(dict.fromkeys(filter(None, reasons)))
