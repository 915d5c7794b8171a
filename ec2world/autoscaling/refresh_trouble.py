"""What keeps an instance refresh from going on, and for how long it is put up with.

Source: "One-hour timeout" among the limitations of instance refreshes in the Auto Scaling User Guide: members
that are protected or on standby, and new instances that do not pass their health checks, are waited for and
tried again for an hour. That launches that fail, and a suspended Launch or Terminate, are put up with for as
long is an assumption.
"""

from dataclasses import replace
from typing import Any

from ec2world.autoscaling.refresh_roll import Roll
from ec2world.autoscaling.refresh_states import InstanceRefresh, Trouble
from ec2world.autoscaling.target_health import is_unhealthy_target

PATIENCE_SECONDS = 3600


def noticed(roll: Roll) -> InstanceRefresh:
    """The refresh with its trouble, which is over with the next progress, and the reason for its status."""
    refresh = roll.refresh
    if roll.updated > refresh.best:
        refresh = replace(refresh, best=roll.updated, trouble=None)
    if sick := _sick(roll):
        words = f"New instances fail their health checks. For example: {sick[0].instance_id}."
        return stuck(roll.group, refresh, words, lasting=True)
    if hindrance := _hindrance(roll):
        return stuck(roll.group, refresh, hindrance)
    if refresh.trouble is not None and refresh.trouble.lasting:
        return refresh
    return replace(refresh, trouble=None, reason=_patience(roll))


def stuck(group: Any, refresh: InstanceRefresh, reason: str, *, lasting: bool = False) -> InstanceRefresh:
    """The refresh with this trouble, from now on where it had none."""
    before = refresh.trouble
    since = before.since if before else group.scene.clock.now()
    lasting = lasting or (before is not None and before.lasting)
    return replace(refresh, trouble=Trouble(since, reason, lasting), reason=reason)


def is_over(group: Any, refresh: InstanceRefresh) -> bool:
    """Whether the patience with its trouble is over."""
    trouble = refresh.trouble
    return trouble is not None and group.scene.clock.now() - trouble.since >= PATIENCE_SECONDS


def judge_targets(roll: Roll) -> None:
    """Find unhealthy what a load balancer finds so after the grace period; the group replaces it."""
    for one in roll.new:
        if one.launched_in and one.serves and not one.in_grace_period and is_unhealthy_target(one):
            one.health_status = "Unhealthy"


def _sick(roll: Roll) -> list[Any]:
    """Instances that this refresh has launched, and that are unhealthy."""
    mark = roll.refresh.launch_mark
    return [
        one
        for one in roll.group.instance_states
        if one.launched_in == mark and one.health_status == "Unhealthy"
    ]


def _hindrance(roll: Roll) -> str | None:
    """Why nothing more can be replaced."""
    for process in ("Launch", "Terminate"):
        if roll.group.suspends(process):
            return f"The process {process} is suspended."
    if roll.group.waits_to_retry:
        return str(roll.group.last_launch_error)
    if roll.held and len(roll.held) == len(roll.old) and roll.to_replace:
        return (
            "Waiting for instances that are protected from scale in, or on standby. For example: "
            f"{roll.held[0].instance_id}."
        )
    return None


def _patience(roll: Roll) -> str | None:
    """What is waited for without harm."""
    for one in roll.new:
        if one.serves and not roll.is_ready(one):
            return (
                "Waiting for instances to warm up before continuing. "
                f"For example: {one.instance_id} is warming up."
            )
    return None
