"""The Auto Scaling group: its state from before, and its plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from golden_image.model.launch_template import LaunchTemplate
from golden_image.model.rolling import Rolling

# Ways of a rollout: to terminate all instances, to launch as many again, to replace some at a time, to leave
# them.
DRAIN = "drain"
RECREATE = "recreate"
ROLLING = "rolling"
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

    @property
    def are_ordered(self) -> bool:
        """Whether Auto Scaling takes them."""
        return self.min_size <= self.desired_capacity <= self.max_size

    def after_drain(self, found: Sizes) -> Sizes:
        """What becomes of these, from before a drain, where a drained group is found with other sizes.

        A desired capacity comes with the sizes that somebody wants. Without one, the zeros are the drain's,
        and somebody has set the maximum alone.
        """
        if found.desired_capacity:
            return found
        return StatedSizes(max_size=found.max_size or None).over(self)

    def __str__(self) -> str:
        return f"minimum {self.min_size}, maximum {self.max_size}, desired {self.desired_capacity}"


Sizes.EMPTY = Sizes(0, 0, 0)


@dataclass(frozen=True)
class StatedSizes:
    """The sizes that the input states; a None is left to the group."""

    min_size: int | None = None
    max_size: int | None = None
    desired_capacity: int | None = None

    def beside(self, sizes: Sizes) -> Sizes:
        """These, and the others as the group has them; a desired capacity that is not stated follows them."""
        low = sizes.min_size if self.min_size is None else self.min_size
        high = sizes.max_size if self.max_size is None else self.max_size
        desired = self.desired_capacity
        if desired is None:
            desired = max(low, min(sizes.desired_capacity, high))
        return Sizes(low, high, desired)

    def over(self, sizes: Sizes) -> Sizes:
        """These, and the others as the group has them, but in the order that Auto Scaling takes.

        A size that is not stated gives way to the stated ones, as Auto Scaling moves a desired capacity.
        """
        low, high, desired = self.min_size, self.max_size, self.desired_capacity
        if low is None:
            low = min(one for one in (sizes.min_size, high, desired) if one is not None)
        if high is None:
            high = max(one for one in (sizes.max_size, low, desired) if one is not None)
        return StatedSizes(low, high, desired).beside(sizes)


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
        subnet_ids: empty for a group that was made with Availability Zones only.
        target_cpu: percent of this project's own target tracking policy, None where there is none.
        scaling_policy: all of that policy, as PutScalingPolicy takes it. Older rows have the percent only.
        notification_types: what the group sends to the topic that the input names.
        suspended_processes: for the person who reads the ledger; a run suspends and resumes none.
        mixed: the launch template is that of a mixed instances policy.
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
    availability_zones: tuple[str, ...] = ()
    scaling_policy: dict[str, Any] | None = None
    mixed: bool = False

    @property
    def launches_from(self) -> tuple[str | None, ...]:
        """The launch template with its version, and the launch configuration."""
        return self.launch_template_id, self.launch_template_version, self.launch_configuration


@dataclass(frozen=True)
class GroupPlan:
    """The plan of the group. A None leaves an existing group as it is; a new group has all of them set.

    Attributes:
        before: the existing group; None where this run creates it. Without its tags, with which a plan could
            be more than the 256 KiB that Step Functions takes: they are noted just before they are set.
        sizes: of a new group, or what those of an existing one would be after the rollout, but for `drain`:
            nothing writes them into a group that exists.
        stated_sizes: what the input says of them.
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
    stated_sizes: StatedSizes = StatedSizes()
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
        """Whether the input states a scaling policy, or that there is none, or notifications."""
        return self.target_cpu is not None or self.removes_target_cpu or bool(self.notification_topic_arn)


@dataclass(frozen=True)
class Drain:
    """What a run has noted of the group's drain.

    Attributes:
        sizes: those just before it.
        members: the ids of the instances that the group had then.
        sized_by_others: somebody has set a desired capacity in the drained group: zeros are theirs, too.
        restored: the run has set sizes again, or has found somebody's.
    """

    sizes: Sizes
    members: tuple[str, ...]
    sized_by_others: bool = False
    restored: bool = False


@dataclass(frozen=True)
class GroupChange:
    """What a run may have changed of an existing group, and what was there in the moment before.

    Attributes:
        before: the group just before its update.
        version: the launch template version that the run gave it; None in rows that do not have it.
        drained_from: the sizes just before the drain; None where the run drained nothing.
        restored, sized_by_others: as in Drain.
        sizes_given_back: a roll-back has set the sizes: what they are now, somebody else has chosen.
        pinned: the number that the run gave a group in the place of `$Latest` or `$Default`.
        rolling: what it has begun of the group's roll; None where it rolled nothing.
        settings_written: the run has come to set what is no part of the roll. Always where it rolls nothing.
        had: the ids of the instances that had that version before the update or the roll, as they may on a
            way back.
    """

    before: GroupState
    version: LaunchTemplate | None
    drained_from: Sizes | None
    restored: bool
    sizes_given_back: bool
    sized_by_others: bool = False
    pinned: str | None = None
    rolling: Rolling | None = None
    settings_written: bool = True
    had: tuple[str, ...] = ()
