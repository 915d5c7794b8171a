"""How an instance refresh and its roll-back go on, and how they end.

A step comes every few virtual seconds. It looks at the alarms and the members, ends as many as the
percentages allow, and lets the group launch others; checkpoints and baking are waited for in between. A
roll-back goes the same way, with the group's own configuration.

Sources: "How an instance refresh works", "Add checkpoints" and "Undo changes with a rollback" in the Auto
Scaling User Guide. How often AWS looks is an assumption, and so are its words but for those of the warm-up.
"""

from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.utils import utcnow

from ec2world.autoscaling import alarms, refresh_trouble
from ec2world.autoscaling.refresh_progress import progress
from ec2world.autoscaling.refresh_roll import Roll
from ec2world.autoscaling.refresh_states import InstanceRefresh, RollBack

# Virtual seconds: until a refresh starts, and between two steps.
PENDING_SECONDS, STEP_SECONDS = 5, 10
_BY_REQUEST = "Cancelled due to user request."


def begin(group: Any, refresh: InstanceRefresh) -> None:
    """Put a refresh that is the group's latest on the clock."""
    group.count_members()
    group.scene.clock.after(PENDING_SECONDS, partial(_start, group, refresh.instance_refresh_id))


def roll_back(group: Any, refresh: InstanceRefresh, reason: str, fault: str | None = None) -> None:
    """Replace again what was replaced, beginning at once."""
    back = RollBack(reason, utcnow(), progress(group, refresh))
    _update(
        group,
        refresh,
        status="RollbackInProgress",
        reason=None,
        rollback=back,
        started=refresh.started or utcnow(),
        best=0,
        trouble=None,
        fault=fault,
    )
    group.forget_retry()
    if refresh.status != "Pending":  # else the first step is still to come
        _roll(group, group.refresh)


def cancel(group: Any, refresh: InstanceRefresh, *, waits: bool) -> None:
    """Replace nothing more, and end once nothing is on its way in or out, or at once if it is not to wait."""
    _update(group, refresh, status="Cancelling", reason=_BY_REQUEST)
    group.forget_retry()
    if not waits:
        _end(group, group.refresh, "Cancelled", _BY_REQUEST)


def _update(group: Any, refresh: InstanceRefresh, **changes: Any) -> InstanceRefresh:
    """Put a changed refresh in the place of the group's one of that id."""
    ids = [one.instance_refresh_id for one in group.instance_refreshes]
    changed = replace(refresh, **changes)
    group.instance_refreshes[ids.index(refresh.instance_refresh_id)] = changed
    return changed


def _start(group: Any, refresh_id: str) -> None:
    refresh = group.refresh
    if refresh is not None and refresh.instance_refresh_id == refresh_id and refresh.status == "Pending":
        _update(group, refresh, status="InProgress", started=utcnow())
    _step(group, refresh_id)


def _step(group: Any, refresh_id: str) -> None:
    """Go one step on, and come again, unless it has ended or its group has."""
    refresh = group.refresh
    if refresh is None or refresh.instance_refresh_id != refresh_id or group.status is not None:
        return
    if not group.autoscaling_backend.has(group):
        return
    if refresh.status == "Cancelling":
        if all(one.lifecycle_state in ("InService", "Standby") for one in group.instance_states):
            _end(group, refresh, "Cancelled", _BY_REQUEST)
    elif not group.suspends("InstanceRefresh"):
        _go_on(group, refresh)
    group.scene.clock.after(STEP_SECONDS, partial(_step, group, refresh_id))


def _go_on(group: Any, refresh: InstanceRefresh) -> None:
    sounding = [] if refresh.going_back else alarms.sounding(group, refresh.alarms)
    if sounding:
        _fail(group, refresh, f"CloudWatch alarms in the ALARM state: {', '.join(sounding)}.")
    elif refresh.status == "Baking":
        if group.scene.clock.now() >= (refresh.due or 0):
            _succeed(group, refresh)
    else:
        _roll(group, refresh)


def _roll(group: Any, refresh: InstanceRefresh) -> None:
    """Replace what may be replaced by now."""
    percent = 100 if refresh.going_back else _percent(group, refresh)
    roll = Roll(group, refresh, percent)
    try:
        if not refresh.going_back and not roll.has_reached(percent):
            refresh = _update(group, refresh, due=None, waited=roll.waited)
            roll = Roll(group, refresh, percent)
        refresh_trouble.judge_targets(roll)
        if roll.is_done:
            _reached(group, refresh, roll)
            return
        _replace_members(group, refresh, roll)
        refresh = refresh_trouble.noticed(roll)
    except ServiceException as error:  # the desired template is gone
        refresh = refresh_trouble.stuck(group, refresh, error.message)
    _update(group, refresh)
    if refresh_trouble.is_over(group, refresh):
        _fail(group, refresh, refresh.trouble.reason if refresh.trouble else "")


def _replace_members(group: Any, refresh: InstanceRefresh, roll: Roll) -> None:
    if group.suspends("Launch") or group.suspends("Terminate"):
        return
    for one in roll.victims():
        one.leave("an instance refresh replaces it")
    group.surge = Roll(group, refresh, roll.percent).surge
    if not group.waits_to_retry:
        group.reconcile()


def _percent(group: Any, refresh: InstanceRefresh) -> int:
    """The percentage on the way to which it is: the first checkpoint that it has not come past."""
    roll = Roll(group, refresh, refresh.checkpoints[-1])
    with suppress(ServiceException):
        reached = [one for one in refresh.checkpoints if roll.has_reached(one)]
        if reached and reached[-1] not in roll.waited:
            return reached[-1]  # those below it are skipped
        ahead = [one for one in refresh.checkpoints if one not in reached]
        return (ahead or refresh.checkpoints[-1:])[0]
    return refresh.checkpoints[-1]


def _reached(group: Any, refresh: InstanceRefresh, roll: Roll) -> None:
    """Wait at a checkpoint, or go on to the next, or end."""
    now = group.scene.clock.now()
    if refresh.going_back:
        if group.warm_pool is None or group.warm_pool.replace_some(refresh):
            _end_of_roll_back(group, refresh)
    elif roll.percent == refresh.checkpoints[-1]:
        if group.warm_pool is None or group.warm_pool.replace_some(refresh):
            _bake(group, refresh)
    elif refresh.due is None:
        delay = int(refresh.preferences["CheckpointDelay"])
        reason = f"Checkpoint {roll.percent} reached. Waiting {delay} seconds before continuing."
        _update(group, refresh, due=now + delay, reason=reason, trouble=None)
    elif now >= refresh.due:
        waited = refresh.waited | {roll.percent}
        _roll(group, _update(group, refresh, due=None, reason=None, waited=waited))


def _bake(group: Any, refresh: InstanceRefresh) -> None:
    seconds = int(refresh.preferences.get("BakeTime", 0))
    if refresh.fault is not None:
        _fail(group, refresh, refresh.fault)
    elif seconds:
        due = group.scene.clock.now() + seconds
        _update(group, refresh, status="Baking", due=due, reason=None, trouble=None)
    else:
        _succeed(group, refresh)


def _succeed(group: Any, refresh: InstanceRefresh) -> None:
    """Give the group the desired configuration."""
    if refresh.desired:
        with suppress(ServiceException):  # its template may be gone
            group.autoscaling_backend.change_template(group, deepcopy(refresh.desired))
    _end(group, refresh, "Successful")


def _fail(group: Any, refresh: InstanceRefresh, reason: str) -> None:
    if refresh.going_back:
        _end(group, refresh, "RollbackFailed", reason)
    elif refresh.preferences["AutoRollback"]:
        roll_back(group, refresh, f"Auto rollback: {reason}")
    else:
        _end(group, refresh, "Failed", reason)


def _end_of_roll_back(group: Any, refresh: InstanceRefresh) -> None:
    if refresh.fault is None:
        _end(group, refresh, "RollbackSuccessful")
    else:
        _end(group, refresh, "RollbackFailed", refresh.fault)


def _end(group: Any, refresh: InstanceRefresh, status: str, reason: str | None = None) -> None:
    """Show what it was like from now on, and let the group have as many as it wants, launched its own way."""
    shown = progress(group, refresh)
    _update(
        group,
        refresh,
        status=status,
        reason=reason,
        ended=utcnow(),
        ended_with=shown,
        due=None,
    )
    group.count_members()
    group.forget_retry()
    group.settle_surge()
