"""How far an instance refresh has come.

Sources: InstanceRefresh, InstanceRefreshProgressDetails and RollbackDetails in the API Reference. An instance
that is being replaced is no longer one to update; it adds to the percentage once its successor is warm.
"""

from typing import Any

from moto.core.exceptions import ServiceException

from ec2world.autoscaling.refresh_roll import Roll
from ec2world.autoscaling.refresh_states import InstanceRefresh


def progress(group: Any, refresh: InstanceRefresh) -> dict[str, Any]:
    """PercentageComplete, InstancesToUpdate, and the ProgressDetails of a group with a warm pool.

    Nothing before the refresh has started; once it has ended, what it was then.
    """
    if refresh.ended_with is not None:
        return refresh.ended_with
    if refresh.status == "Pending":
        return {}
    roll = Roll(group, refresh, refresh.checkpoints[-1])
    try:
        live = _of_a_roll_back(roll) if refresh.going_back else _of_a_refresh(roll)
    except ServiceException:  # the desired template is gone
        live = _shown(0, roll.size, roll.size)
    if group.warm_pool is None:
        return live
    left = len(group.warm_pool.to_replace(refresh))
    size = len(group.warm_pool.staying)
    warm = _shown(size - left, size, left)
    both = _shown(
        live["PercentageComplete"] * roll.size + warm["PercentageComplete"] * size,
        100 * (roll.size + size),
        live["InstancesToUpdate"] + left,
    )
    return {**both, "ProgressDetails": {"LivePoolProgress": live, "WarmPoolProgress": warm}}


def _of_a_refresh(roll: Roll) -> dict[str, Any]:
    return _shown(roll.updated, roll.size, roll.to_replace)


def _of_a_roll_back(roll: Roll) -> dict[str, Any]:
    """What is still new, and what never was: that need not be replaced."""
    new = sum(one.serves for one in roll.old)
    earlier = [one for one in roll.scope if one.instance_id in roll.refresh.earlier]
    return _shown(min(new, roll.size), roll.size, len(earlier))


def _shown(done: int, size: int, left: int) -> dict[str, Any]:
    return {"PercentageComplete": 100 * done // size if size else 100, "InstancesToUpdate": left}
