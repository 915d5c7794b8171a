"""The Auto Scaling group: its state from before, and its plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

# Ways of a rollout: to terminate all instances, to leave them.
DRAIN = "drain"
NONE = "none"


@dataclass(frozen=True)
class Sizes:
    """A group's minimum, maximum and desired number of instances."""

    EMPTY: ClassVar[Sizes]

    min_size: int
    max_size: int
    desired_capacity: int

    @property
    def is_empty(self) -> bool:
        """Whether they are those of a drained group."""
        return self == Sizes.EMPTY


Sizes.EMPTY = Sizes(0, 0, 0)


@dataclass(frozen=True)
class GroupTag:
    """A tag of a group; `propagate` copies it to instances at launch."""

    key: str
    value: str
    propagate: bool


@dataclass(frozen=True)
class GroupState:
    """All of a group that a run may change, as it was found: what an undo restores.

    Attributes:
        launch_template_version: as the group has it: a number, `$Latest` or `$Default`.
        target_cpu: percent of this project's own target tracking policy, None where there is none.
        notification_types: what the group sends to the topic that the input names.
        suspended_processes: for the person who reads the ledger; a run suspends and resumes none.
    """

    launch_template_id: str | None
    launch_template_version: str | None
    launch_configuration: str | None
    sizes: Sizes
    subnet_ids: tuple[str, ...]
    health_check_type: str
    health_check_grace_period: int
    target_group_arns: tuple[str, ...]
    tags: tuple[GroupTag, ...]
    target_cpu: float | None
    notification_types: tuple[str, ...]
    suspended_processes: tuple[str, ...]

    @property
    def launches_from(self) -> tuple[str | None, ...]:
        """The launch template with its version, and the launch configuration."""
        return self.launch_template_id, self.launch_template_version, self.launch_configuration


@dataclass(frozen=True)
class GroupPlan:
    """The plan of the group. A None leaves an existing group as it is; a new group has all of them set.

    Attributes:
        before: the existing group; None where this run creates it.
        sizes: the sizes after the rollout, but for `drain`.
        health_check_grace_period: seconds.
        target_cpu: percent, for a target tracking policy.
        removes_target_cpu: the policy of an earlier run goes.
    """

    name: str
    before: GroupState | None
    sizes: Sizes
    subnet_ids: tuple[str, ...] | None
    target_group_arns: tuple[str, ...] | None
    health_check_type: str | None
    health_check_grace_period: int | None
    target_cpu: float | None
    notification_topic_arn: str | None
    tags: dict[str, str]
    removes_target_cpu: bool = False

    @property
    def subnets(self) -> tuple[str, ...]:
        """The subnets that the group gets, else those that it has."""
        return self.subnet_ids or (self.before.subnet_ids if self.before else ())

    @property
    def stated_tags(self) -> list[GroupTag]:
        """The input's tags of the group; instances get them too."""
        return [GroupTag(key, value, propagate=True) for key, value in self.tags.items()]

    @property
    def states_scaling_or_notifications(self) -> bool:
        """Whether the input states a scaling policy or notifications."""
        return self.target_cpu is not None or bool(self.notification_topic_arn)
