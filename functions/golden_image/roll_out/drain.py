"""The drain: the group without instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import polling
from golden_image.errors import DrainTimedOut
from golden_image.group import group
from golden_image.model.group import Sizes

if TYPE_CHECKING:
    from golden_image.model.check import Check


def drain(group_name: str) -> None:
    """Set the group's sizes to zero, so that Auto Scaling terminates all of its instances."""
    group.resize(group_name, Sizes.EMPTY)


def check_drained(group_name: str, waited: int, limit: int) -> Check:
    """Whether no instance is left, in the group or in its warm pool; Terminating:Wait is still there.

    Raises:
        DrainTimedOut: instances are left after `limit` seconds; each is named with its state.
    """
    found = group.visible(group_name)
    states = [f"{i['InstanceId']} {i['LifecycleState']}" for i in found["Instances"]]
    left = len(states) + found.get("WarmPoolSize", 0)
    # An answer from before the drain may show no instance yet of a group that was just created.
    if left == 0 and group.sizes(found).is_empty:
        return polling.finished("no instance left")
    return polling.pending(
        group_name,
        waited,
        limit,
        f"{left} left",
        DrainTimedOut(
            f"'{group_name}' still has {left} instances after {limit} s "
            f"({', '.join(states) or 'in its warm pool'}). "
            "Check for lifecycle hooks, scale-in protection and suspended processes."
        ),
    )
