"""The drain: the group without instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import polling
from golden_image.errors import DrainTimedOut
from golden_image.group import group
from golden_image.model.group import Sizes
from golden_image.run import ledger

if TYPE_CHECKING:
    from golden_image.model.check import Check

_MOST_NAMED = 20


def drain(run: str, group_name: str) -> None:
    """Set the group's sizes to zero, so that Auto Scaling terminates all of its instances.

    Raises:
        RunSettled: the run no longer decides about the group.
    """
    ledger.refuse_settled(run)
    group.resize(group_name, Sizes.EMPTY)


def check_drained(group_name: str, waited: int, limit: int) -> Check:
    """Whether no instance is left, in the group or in its warm pool; Terminating:Wait is still there.

    Raises:
        DrainTimedOut: instances are left after `limit` seconds; the first are named with their states.
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
            f"({_first(states) or 'in its warm pool'}). "
            "Check for lifecycle hooks, scale-in protection and suspended processes."
        ),
    )


def _first(states: list[str]) -> str:
    """As many as a cause has room for: Step Functions cuts a child's at 32,768 characters."""
    more = [f"{len(states) - _MOST_NAMED} more"] if len(states) > _MOST_NAMED else []
    return ", ".join(states[:_MOST_NAMED] + more)
