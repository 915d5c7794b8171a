"""What a rollout tells about sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from golden_image.model.group import Sizes


def at_zero(group_name: str) -> str:
    """For a recreate that launches nothing."""
    return (
        f"recreate brings '{group_name}' back without an instance, as its desired capacity is 0. To have "
        "instances, state group.minSize, group.desiredCapacity and group.maxSize."
    )


def limits_moved(group_name: str, before: Sizes, now: Sizes) -> str:
    """For a recreate whose stated sizes do not go with limits that somebody has set after the plan."""
    return (
        f"the sizes that the input states did not go with those that '{group_name}' had before the drain "
        f"({before}): the rollout set {now}"
    )


def sizes_of_others(group_name: str, sizes: Sizes) -> str:
    """For sizes that somebody else has set since the drain began."""
    return f"somebody else set the sizes of '{group_name}' during the rollout ({sizes}): they stay"


def maximum_of_others(group_name: str, maximum: int) -> str:
    """For a maximum that somebody else has set alone in the drained group."""
    return f"somebody else set the maximum of '{group_name}' to {maximum} during the rollout: it stays"
