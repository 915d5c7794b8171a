"""How an instance refresh replaces a group's members, a few at a time, and how it ends.

A step looks whether all members are in service, and then ends as many as may be missing; the group launches
others, from the desired configuration. Checkpoints, alarms and the warm-up are not waited for, a launch that
fails is tried again from the group's own template, and a roll-back replaces all at once.

Source: "How an instance refresh works" and the preferences in the Auto Scaling User Guide.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any

from moto.core.exceptions import ServiceException

from ec2world.autoscaling.launch_sources import LAUNCHES_FROM
from ec2world.autoscaling.refresh_states import PENDING_SECONDS, InstanceRefresh

# Virtual seconds: between two steps, of the shortest refresh, and without progress until a refresh fails.
STEP_SECONDS, SHORTEST_SECONDS, PATIENCE_SECONDS = 30, 600, 3600
_FAILURE = "The instances left are protected from scale in, on standby, or may not be replaced: {}."


def begin(group: Any, refresh: InstanceRefresh) -> None:
    """Put a refresh that is the group's latest on the clock."""
    group.scene.clock.after(PENDING_SECONDS, partial(_step, group, refresh.instance_refresh_id))


def roll_back(group: Any) -> None:
    """Replace the members that the group's own template would not have launched."""
    with suppress(ServiceException):  # its template may be gone
        _, own = group.launch_parameters()
        for member in list(group.instance_states):
            if member.counts and member.launch_template != own:
                member.leave("an instance refresh is being rolled back")
        group.reconcile()


def update(group: Any, refresh: InstanceRefresh, **changes: Any) -> None:
    """Put a changed refresh in the place of the group's one of that id."""
    ids = [one.instance_refresh_id for one in group.instance_refreshes]
    group.instance_refreshes[ids.index(refresh.instance_refresh_id)] = replace(refresh, **changes)


def _step(group: Any, refresh_id: str) -> None:
    refresh = next(one for one in group.instance_refreshes if one.instance_refresh_id == refresh_id)
    if not refresh.goes_on or not group.autoscaling_backend.has(group):
        return
    now = group.scene.clock.now()
    there = {one.instance_id: one for one in group.instance_states if not one.is_leaving}
    left = tuple(one for one in refresh.left if one in there)
    long_enough = now - refresh.began >= SHORTEST_SECONDS
    if refresh.fault is not None and long_enough:
        _fail(group, refresh, refresh.fault)
    elif all(one.lifecycle_state in ("InService", "Standby") for one in group.instance_states):
        try:
            _go_on(group, refresh, [there[one] for one in left], long_enough=long_enough)
        except ServiceException as error:  # the desired template may be gone
            _fail(group, refresh, error.message)
    else:
        _again(group, refresh_id)


def _go_on(group: Any, refresh: InstanceRefresh, left: list[Any], *, long_enough: bool) -> None:
    now = group.scene.clock.now()
    wanted = [one for one in left if not _is_ignored(one, refresh)]
    ready = [one for one in wanted if not _is_waited_for(one, refresh)]
    if not wanted and long_enough:
        update(group, refresh, left=(), replaced=now)
        group.scene.clock.after(refresh.bake_seconds, partial(_take_over, group, refresh.instance_refresh_id))
        return
    if ready and not group.suspends("Launch") and not group.suspends("Terminate"):
        chosen = ready[: _at_once(group, refresh)]
        ids = tuple(one.instance_id for one in wanted if one not in chosen)
        update(group, refresh, left=ids, progressed=now)
        with _launching_from(group, refresh.desired):
            for one in chosen:
                one.leave("an instance refresh replaces it")
            group.reconcile()
    elif wanted and now - refresh.progressed >= PATIENCE_SECONDS:
        _fail(group, refresh, _FAILURE.format(", ".join(one.instance_id for one in wanted)))
        return
    _again(group, refresh.instance_refresh_id)


def _again(group: Any, refresh_id: str) -> None:
    group.scene.clock.after(STEP_SECONDS, partial(_step, group, refresh_id))


def _fail(group: Any, refresh: InstanceRefresh, reason: str) -> None:
    now = group.scene.clock.now()
    if refresh.preferences["AutoRollback"]:
        update(group, refresh, failure=reason, rolled_back=now)
        roll_back(group)
    else:
        update(group, refresh, failure=reason, failed=now)


def _at_once(group: Any, refresh: InstanceRefresh) -> int:
    """How many members may be missing, which is at least one."""
    percent = 100 - int(refresh.preferences["MinHealthyPercentage"])
    return max(1, int(group.desired_capacity) * percent // 100)


def _is_ignored(member: Any, refresh: InstanceRefresh) -> bool:
    if refresh.preferences["SkipMatching"] and member.launch_template == _target(member.group, refresh):
        return True
    return _said_of(member, refresh) == "Ignore"


def _is_waited_for(member: Any, refresh: InstanceRefresh) -> bool:
    return _said_of(member, refresh) == "Wait"


def _said_of(member: Any, refresh: InstanceRefresh) -> str | None:
    """What the preferences say about a member on standby or protected from scale-in."""
    if member.lifecycle_state == "Standby":
        return str(refresh.preferences["StandbyInstances"])
    if member.protected_from_scale_in:
        return str(refresh.preferences["ScaleInProtectedInstances"])
    return None


def _target(group: Any, refresh: InstanceRefresh) -> dict[str, Any] | None:
    """The template version that the refresh replaces members by."""
    with _launching_from(group, refresh.desired):
        version: dict[str, Any] | None = group.launch_parameters()[1]
        return version


@contextmanager
def _launching_from(group: Any, desired: dict[str, Any] | None) -> Iterator[None]:
    """Let the group launch from a desired configuration meanwhile, if there is one."""
    before = {field: getattr(group, field, None) for field in LAUNCHES_FROM}
    group.autoscaling_backend.change_template(group, desired or {})
    try:
        yield
    finally:
        for field, value in before.items():
            setattr(group, field, value)


def _take_over(group: Any, refresh_id: str) -> None:
    """Give a group the desired configuration of a refresh that has succeeded."""
    refresh = next(one for one in group.instance_refreshes if one.instance_refresh_id == refresh_id)
    if refresh.desired and refresh.goes_on and group.autoscaling_backend.has(group):
        with suppress(ServiceException):  # its template may be gone
            group.autoscaling_backend.change_template(group, refresh.desired)
