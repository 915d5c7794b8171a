"""The runs whose calls and states make the matrix."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TARGET_GROUPS = [
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/73e2d6bc24d8a067",
    "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/old/83e2d6bc24d8a067",
]
_SIZES = {"minSize": 0, "maxSize": 2, "desiredCapacity": 1}
_OPTIONS: dict[str, Any] = {
    "targetGroupArns": TARGET_GROUPS[:1],
    "targetCpuUtilization": 55,
    "tags": {"Team": "web", "New": "yes"},
}


@dataclass(frozen=True, eq=False)
class Scenario:
    """A run and what is there before it.

    Attributes:
        input: beyond source, group and, where `notifies` and `moves`, the topic and the subnet.
        existing: whether there is a group and a template of its name.
        moves: whether the run takes the group out of all subnets but the source's.
        denied: (role, service, action) of a call that is always refused, so that the run is undone; the
            matrix is then about what comes after it.
    """

    name: str
    input: dict[str, Any] = field(default_factory=dict)
    existing: bool = False
    platform: str = "linux"
    notifies: bool = False
    moves: bool = False
    denied: tuple[str, str, str] | None = None

    def to_input(self, source: str, group: str, topic: str, subnet: str) -> dict[str, Any]:
        """The run's whole input."""
        settings = {**self.input.get("group", {})}
        if self.notifies:
            settings["notificationTopicArn"] = topic
        if self.moves:
            settings["subnetIds"] = [subnet]
        whole = {"sourceInstanceId": source, "autoScalingGroupName": group, **self.input}
        return whole | {"group": settings} if settings else whole


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
        denied=("RestoreCapacityFunction", "autoscaling", "UpdateAutoScalingGroup"),
    ),
    Scenario(
        "undo-update",
        {"rollout": "recreate", "group": {**_OPTIONS, "maxSize": 4}},
        existing=True,
        notifies=True,
        moves=True,
        denied=("RestoreCapacityFunction", "autoscaling", "UpdateAutoScalingGroup"),
    ),
]
