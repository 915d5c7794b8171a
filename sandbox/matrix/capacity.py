"""Whether a rolled group was below its floor: by the world's count of its members at every change.

The floor is the share that the run's preferences promise of what the group was to have: while it is rolled,
and while an undo brings it back. What somebody else lowers is theirs: fewer wanted instances, and what a
refresh of their own takes out of service. More that they want count once they are in service.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from sandbox.client import Client
    from sandbox.matrix.scenarios import Scenario
    from sandbox.matrix.situation import Situation

THEIR_PERCENT = 34
"""The MinHealthyPercentage by which a refresh of somebody else is known."""


def below(client: Client, scenario: Scenario, situation: Situation) -> list[str]:
    """Each change at which fewer members were in service than promised, in words."""
    if not scenario.rolls:
        return []
    group, since = situation.group, situation.whole_since
    counts = client.control("GET", f"capacity?group={group}&since={since}")["changes"]
    theirs = [one["InstanceRefreshId"] for one in their_refreshes(client, group)]
    return list(_below(counts, scenario.floor_percent, theirs))


def their_refreshes(client: Client, group: str) -> list[dict[str, Any]]:
    """The refreshes of a group that somebody else has started; none of a group that is gone."""
    if not client.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])[
        "AutoScalingGroups"
    ]:
        return []
    found = client.autoscaling.describe_instance_refreshes(AutoScalingGroupName=group)["InstanceRefreshes"]
    return [dict(one) for one in found if one["Preferences"].get("MinHealthyPercentage") == THEIR_PERCENT]


def _below(counts: Iterable[dict[str, Any]], percent: int, theirs: Collection[str]) -> Iterator[str]:
    promised: int | None = None
    for one in counts:
        served, desired = int(one["inService"]), int(one["desired"])
        if promised is None:
            promised = desired
        promised = min(desired, max(promised, served))
        if one["refresh"] in theirs:
            promised = min(promised, served)
        if served < ceil(promised * percent / 100):
            yield f"{served} in service at {one['at']:.0f} s, {percent}% of {promised} are promised"
