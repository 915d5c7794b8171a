"""The runs whose calls and states make the matrix."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.matrix.answers import APPROVE, REJECT

TARGET_GROUPS = [
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/73e2d6bc24d8a067",
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/old/83e2d6bc24d8a067",
]
# Where approval is asked for.
IMAGE, CHECKPOINT = "image", "checkpoint"
# What a group launches from before a run.
TEMPLATE, LATEST, MIXED, CONFIGURATION = "template", "$Latest", "mixed", "configuration"
ROLLING = "rolling"
_SIZES = {"minSize": 0, "maxSize": 2, "desiredCapacity": 1}
_OPTIONS: dict[str, Any] = {
    "targetGroupArns": TARGET_GROUPS[:1],
    "targetCpuUtilization": 55,
    "tags": {"Team": "web", "New": "yes"},
}
# Virtual seconds: so long that a check of the refresh falls into each checkpoint.
_CHECKPOINT_DELAY = 400
_CHECKPOINTS = {"checkpointPercentages": [33, 66, 100], "checkpointDelay": _CHECKPOINT_DELAY}
# A roll that a checkpoint ends, so long that no machine is too slow to look in time.
_LONG_CHECKPOINTS = {**_CHECKPOINTS, "checkpointDelay": 7 * _CHECKPOINT_DELAY}
_WARMUP = {"instanceWarmup": 30}
_VERSION_MADE = "Create Launch Template"
_RESTORED_LAST = ("RestoreCapacityFunction", "autoscaling", "UpdateAutoScalingGroup")
_SETTINGS_LAST = ("UpdateSettingsFunction", "autoscaling", "UpdateAutoScalingGroup")
_TAGGED_LAST = ("ConfigureAutoScalingGroupFunction", "autoscaling", "CreateOrUpdateTags")
_PROVEN_LAST = ("CheckCanaryFunction", "ec2", "DescribeInstanceStatus")
_DOCUMENT = {"document": "AWS-RunShellScript", "parameters": {"commands": ["true"]}}
_LOOKED_AT = ("CheckInstanceRefreshFunction", "autoscaling", "DescribeInstanceRefreshes")


@dataclass(frozen=True, eq=False)
class Scenario:
    """A run and what is there before it.

    Attributes:
        input: beyond source, group and, where `notifies` and `moves`, the topic and the subnet.
        existing: whether there is a group of its name, and a template unless it has a launch configuration.
        size: how many instances an existing group has.
        launches_from: what an existing group launches from.
        generations: how many an existing group has, each a version of its template; it runs the newest.
        managed: whether the source and the group's instances are Systems Manager's.
        watches: whether the roll has an alarm.
        answer: how people answer its requests for approval, see `answers`; empty where it has none.
        moves: whether the run takes the group out of all subnets but the source's.
        since: the state of the run with which the matrix begins; what is before it is another scenario's.
        denied: (role, service, action) of a call that is always refused, so that the run is undone; the
            matrix is then about what comes after it.
        denied_at: the percent from which on it is refused that the group's refresh has replaced.
    """

    name: str
    input: dict[str, Any] = field(default_factory=dict)
    existing: bool = False
    size: int = 1
    launches_from: str = TEMPLATE
    generations: int = 0
    managed: bool = False
    platform: str = "linux"
    notifies: bool = False
    watches: bool = False
    answer: str = ""
    moves: bool = False
    since: str = ""
    denied: tuple[str, str, str] | None = None
    denied_at: int = 0

    @property
    def fails(self) -> bool:
        """Whether the run is undone with nothing else going wrong."""
        return self.denied is not None or self.answer == REJECT

    @property
    def rolls(self) -> bool:
        """Whether a group that was there is rolled."""
        return self.existing and self.input.get("rollout") == ROLLING

    @property
    def goes_back_to(self) -> int | None:
        """The number of the generation that the run goes back to; None for a refresh."""
        wanted = self.input.get("goBackTo")
        return self.generations - 1 if wanted == "previous" else wanted

    @property
    def checkpoints(self) -> tuple[int, ...]:
        """The percentages at which the roll waits, as far as it comes.

        Where people are asked, each ends a refresh of its own, and the last one the roll.
        """
        wanted = self.input.get("rolling", {}).get("checkpointPercentages", ())
        if CHECKPOINT in self.input.get("approval", {}).get("at", ()):
            return () if self.answer == REJECT else tuple(wanted[:-1])
        return tuple(percent for percent in wanted if percent <= (self.denied_at or 100))

    @property
    def floor_percent(self) -> int:
        """The share of a rolled group that is promised to be in service."""
        return int(self.input.get("rolling", {}).get("minHealthyPercentage", 100))

    def to_input(self, source: str, group: str, topic: str, subnet: str) -> dict[str, Any]:
        """The run's whole input."""
        settings = {**self.input.get("group", {})}
        if self.notifies:
            settings["notificationTopicArn"] = topic
        if self.moves:
            settings["subnetIds"] = [subnet]
        whole = {"autoScalingGroupName": group, **self.input}
        if not self.goes_back_to:
            whole["sourceInstanceId"] = source
        if self.watches:
            whole["rolling"] = {**whole["rolling"], "alarms": [alarm_of(group)]}
        return whole | {"group": settings} if settings else whole


def alarm_of(group: str) -> str:
    """The name of a group's alarm."""
    return f"{group}-5xx"


def _rolled(
    name: str,
    rolling: dict[str, Any],
    canary: bool | dict[str, Any] = False,
    group: dict[str, Any] | None = None,
    approval: dict[str, Any] | None = None,
    **more: Any,
) -> Scenario:
    """A group that is rolled; `rolling`, `canary`, `group` and `approval` are the input's.

    One with generations goes back to the previous one.
    """
    given = {"rollout": ROLLING, "rolling": {**_WARMUP, **rolling}, "canary": canary}
    stated = {"group": group, "approval": approval, "goBackTo": "previous" if "generations" in more else None}
    given |= {key: value for key, value in stated.items() if value}
    return Scenario(name, given, existing=True, **more)


SCENARIOS = [
    Scenario("create", {"group": _OPTIONS}, notifies=True),
    Scenario(
        "update",
        {"rollout": "none", "group": {**_OPTIONS, "maxSize": 4, "healthCheckGracePeriod": 120}},
        existing=True,
        notifies=True,
    ),
    Scenario("recreate", {"rollout": "recreate"}, existing=True),
    Scenario("windows", {"rollout": "none", "group": _SIZES}, platform="windows"),
    Scenario(
        "undo-create",
        {"rollout": "recreate", "group": {**_OPTIONS, **_SIZES}},
        notifies=True,
        denied=_RESTORED_LAST,
    ),
    Scenario(
        "undo-update",
        {"rollout": "recreate", "group": {**_OPTIONS, "maxSize": 4}},
        existing=True,
        notifies=True,
        moves=True,
        denied=_RESTORED_LAST,
    ),
    _rolled(
        "roll",
        {**_CHECKPOINTS, "bakeTime": _CHECKPOINT_DELAY},
        canary=_DOCUMENT,
        group={**_OPTIONS, "maxSize": 7},
        size=3,
        managed=True,
        notifies=True,
        watches=True,
    ),
    _rolled(
        "roll-mixed",
        {"minHealthyPercentage": 50, "maxHealthyPercentage": 100},
        size=2,
        launches_from=MIXED,
        since=_VERSION_MADE,
    ),
    _rolled("roll-latest", {}, size=2, launches_from=LATEST, since="Pin Group"),
    _rolled("roll-configuration", {}, size=2, launches_from=CONFIGURATION, since=_VERSION_MADE),
    _rolled("roll-one", {}, canary=True, since=_VERSION_MADE),
    _rolled("undo-canary", {}, canary=True, size=2, denied=_PROVEN_LAST),
    _rolled("undo-roll", {}, group=_OPTIONS, size=3, notifies=True, denied=_TAGGED_LAST),
    _rolled("undo-roll-half", _LONG_CHECKPOINTS, size=3, denied=_LOOKED_AT, denied_at=33),
    _rolled(
        "undo-roll-latest", _LONG_CHECKPOINTS, size=3, launches_from=LATEST, denied=_LOOKED_AT, denied_at=33
    ),
    _rolled("undo-roll-mixed", {}, group=_OPTIONS, size=2, launches_from=MIXED, denied=_TAGGED_LAST),
    _rolled(
        "undo-roll-configuration",
        {},
        group=_OPTIONS,
        size=2,
        launches_from=CONFIGURATION,
        denied=_TAGGED_LAST,
    ),
    _rolled(
        "approve",
        {"checkpointPercentages": [50, 100]},
        approval={"at": [IMAGE, CHECKPOINT]},
        size=2,
        answer=APPROVE,
        since=_VERSION_MADE,
    ),
    Scenario(
        "undo-approve",
        {"rollout": "recreate", "approval": {"at": [IMAGE]}},
        existing=True,
        answer=REJECT,
    ),
    _rolled(
        "undo-roll-approve",
        {"checkpointPercentages": [50, 100]},
        approval={"at": [CHECKPOINT]},
        size=2,
        answer=REJECT,
    ),
    Scenario(
        "prepare",
        {"prepare": _DOCUMENT, "stopSource": False, "rollout": "none", "group": _SIZES},
        managed=True,
        since="Lock Group",
    ),
    Scenario(
        "go-back", {"goBackTo": "previous", "rollout": "recreate"}, existing=True, size=2, generations=3
    ),
    Scenario(
        "go-back-to-first",
        {"goBackTo": 1, "rollout": "none"},
        existing=True,
        generations=3,
        since="Prove Generation",
    ),
    Scenario(
        "undo-go-back",
        {"goBackTo": "previous", "rollout": "recreate"},
        existing=True,
        size=2,
        generations=2,
        denied=_RESTORED_LAST,
    ),
    _rolled("go-back-rolling", {}, canary=True, size=2, generations=3, since="Prove Generation"),
    _rolled("go-back-rolling-latest", {}, size=2, launches_from=LATEST, generations=2, since="Pin Group"),
    _rolled("undo-go-back-rolling", {}, group={"maxSize": 7}, size=3, generations=2, denied=_SETTINGS_LAST),
    _rolled(
        "undo-go-back-rolling-half",
        _LONG_CHECKPOINTS,
        size=3,
        launches_from=LATEST,
        generations=2,
        denied=_LOOKED_AT,
        denied_at=33,
    ),
]
