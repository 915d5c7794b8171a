"""What a group must be after a run in which somebody else has acted: what was set last wins."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any

from ec2world.trouble.acts import SOMEBODY
from sandbox.matrix import needed, somebody
from sandbox.matrix.scenarios import LATEST, ROLLING
from sandbox.matrix.standing import launches_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.matrix.scenarios import Scenario
    from sandbox.matrix.situation import Situation

Change = tuple[int, dict[str, Any]]
"""What a run has set, and the number of the call."""

_EMPTY = {"MinSize": 0, "MaxSize": 0, "DesiredCapacity": 0}
_SIZES = {"minSize": "MinSize", "maxSize": "MaxSize", "desiredCapacity": "DesiredCapacity"}
_NEVER = -1
_COMPARED = (
    *_EMPTY,
    "VPCZoneIdentifier",
    "HealthCheckType",
    "HealthCheckGracePeriod",
    "targetGroups",
    "suspended",
    "tags",
)


def undone(situation: Situation, calls: list[dict[str, Any]]) -> dict[str, Any]:
    """The `standing` from before, with what somebody else has set since; None for a group that is gone."""
    now = deepcopy(situation.before)
    if needed.reasons(situation, calls) and _version(now) == LATEST:
        # `$Latest` would be the run's version.
        now["LaunchTemplate"]["Version"] = str(situation.versions)
    if now["MinSize"] is not None:
        if refuses_subnets(situation, calls):
            now["VPCZoneIdentifier"] = _stated_subnets(situation)
        for call in somebody.done(calls):
            somebody.apply(call, now)
    return now


def _version(standing: dict[str, Any]) -> str | None:
    found: str | None = launches_from(standing).get("Version")
    return found


def refuses_subnets(situation: Situation, calls: list[dict[str, Any]]) -> bool:
    """Whether Auto Scaling has refused to give back the subnets, of which somebody has deleted one."""
    deleted = any(call["action"] == "DeleteSubnet" for call in somebody.done(calls))
    return deleted and any(
        call["action"] == "UpdateAutoScalingGroup"
        and call["code"] == "ValidationError"
        and call["params"].get("VPCZoneIdentifier") == situation.before["VPCZoneIdentifier"]
        for call in calls
    )


def _stated_subnets(situation: Situation) -> str:
    return ",".join(situation.run_input["group"]["subnetIds"])


def complete(scenario: Scenario, situation: Situation, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The settings of the group of a run that has succeeded; parts of a `standing`.

    A step that is tried again sets its values again: those that somebody has set between the first time and
    the last may stand or not.
    """
    return [_replayed(scenario, situation, calls, time) for time in (min, max)]


def _replayed(
    scenario: Scenario,
    situation: Situation,
    calls: list[dict[str, Any]],
    time: Callable[[Iterable[int]], int],
) -> dict[str, Any]:
    """The settings after the run's and somebody's changes in their order."""
    own = [call for call in calls if call["role"] != SOMEBODY and call["status"] == 200]
    if scenario.existing:
        now = {name: deepcopy(situation.before[name]) for name in _COMPARED}
    else:
        now = {"VPCZoneIdentifier": situation.subnet, "targetGroups": [], "suspended": [], "tags": []}
    events: list[tuple[int, Callable[[dict[str, Any]], None]]] = [
        *((number, partial(_set, change)) for number, change in _changes(scenario, situation, own, time)),
        *((call["n"], partial(somebody.apply, call)) for call in somebody.done(calls)),
    ]
    for _, apply in sorted(events, key=lambda event: event[0]):
        apply(now)
    return now


def _set(change: dict[str, Any], now: dict[str, Any]) -> None:
    now |= {name: value for name, value in change.items() if name != "tags"}
    somebody.set_tags(now, change.get("tags", {}))


def _changes(
    scenario: Scenario,
    situation: Situation,
    own: list[dict[str, Any]],
    time: Callable[[Iterable[int]], int],
) -> list[Change]:
    """What the run has set by itself: what its input states, and the sizes of a drain."""
    stated = situation.run_input.get("group", {})
    rollout = situation.run_input.get("rollout", "drain")
    sizes = {theirs: stated[name] for name, theirs in _SIZES.items() if name in stated}
    whole: dict[str, Any] = {}
    if "healthCheckGracePeriod" in stated:
        whole["HealthCheckGracePeriod"] = stated["healthCheckGracePeriod"]
    if "subnetIds" in stated:
        whole["VPCZoneIdentifier"] = _stated_subnets(situation)

    def when(*actions: str, role: str = "") -> int:
        made = [call["n"] for call in own if call["action"] in actions and role in call["role"]]
        return time(made) if made else _NEVER

    others: list[Change] = []
    setting = "UpdateSettingsFunction" if rollout == ROLLING else "UpdateAutoScalingGroupFunction"
    updated = when("UpdateAutoScalingGroup", role=setting)
    if "targetGroupArns" in stated:
        # Those that are attached after the update stay.
        others.append((updated, {"targetGroups": sorted(stated["targetGroupArns"])}))
    others.append((when("CreateOrUpdateTags"), {"tags": stated.get("tags", {})}))
    drained = when("UpdateAutoScalingGroup", role="DrainGroupFunction")
    if scenario.existing:
        others.append((updated, whole))
        others.append((updated if rollout in ("none", ROLLING) else drained, sizes))
        return others
    created = when("CreateAutoScalingGroup")
    new = {"MinSize": 1, "MaxSize": 1, "DesiredCapacity": 1, **sizes, **whole}
    of_others = {name: value for _, change in others for name, value in change.items()}
    ends = [(drained, dict(_EMPTY))] if rollout == "drain" else []
    return [(created, new | of_others), *ends]
