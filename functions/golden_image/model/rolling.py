"""A rolling rollout: the preferences of the group's instance refresh, and what the run has begun of it."""

from __future__ import annotations

from dataclasses import dataclass

# What a refresh does about instances that are protected from scale-in or in Standby, in AWS's words.
WAIT, IGNORE = "Wait", "Ignore"


@dataclass(frozen=True)
class RefreshPreferences:
    """The preferences of an instance refresh, named as AWS names them; a None is left to AWS.

    Attributes:
        instance_warmup, checkpoint_delay, bake_time: seconds.
        checkpoint_percentages: ascending; the last one is 100.
        alarms: names of CloudWatch alarms that fail the refresh.
    """

    min_healthy_percentage: int
    max_healthy_percentage: int
    skip_matching: bool
    scale_in_protected_instances: str
    standby_instances: str
    instance_warmup: int | None = None
    checkpoint_percentages: tuple[int, ...] | None = None
    checkpoint_delay: int | None = None
    bake_time: int | None = None
    alarms: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Rolling:
    """What a run has begun of its group's roll.

    A stage is one instance refresh. It is noted before the refresh is started, its id afterwards.

    Attributes:
        stage: the number of the latest stage, from 1.
        refresh_ids: those that starts have answered, one a stage; that of the latest may not be known.
        earlier: the ids of the refreshes to the same version that were there when the latest stage was noted.
            The version of a way back is an older one, to which others may have rolled the group.
    """

    stage: int = 0
    refresh_ids: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()

    def has_begun(self, refresh_id: str) -> bool:
        """Whether a refresh to the run's version is the run's: by its id, or as the first after the note."""
        if refresh_id in self.refresh_ids:
            return True
        return len(self.refresh_ids) < self.stage and refresh_id not in self.earlier
