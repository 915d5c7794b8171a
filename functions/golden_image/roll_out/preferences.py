"""The preferences of an instance refresh, as StartInstanceRefresh takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golden_image.model.rolling import WAIT

if TYPE_CHECKING:
    from golden_image.model.rolling import RefreshPreferences


def of_aws(wanted: RefreshPreferences) -> dict[str, Any]:
    """RefreshPreferences, but for AutoRollback; what is left to AWS is left out."""
    given: dict[str, Any] = {
        **_capacity(wanted),
        "SkipMatching": wanted.skip_matching,
        "ScaleInProtectedInstances": wanted.scale_in_protected_instances,
        "StandbyInstances": wanted.standby_instances,
        "CheckpointPercentages": wanted.checkpoint_percentages and list(wanted.checkpoint_percentages),
        "CheckpointDelay": wanted.checkpoint_delay,
        "BakeTime": wanted.bake_time,
        "AlarmSpecification": {"Alarms": list(wanted.alarms)} if wanted.alarms else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def of_undo(
    wanted: RefreshPreferences, *, compares: bool, spares_protected: bool, spares_standby: bool
) -> dict[str, Any]:
    """Those of a refresh by which an undo replaces what a roll has left: as healthy, and without a pause.

    Args:
        compares: whether AWS can skip the instances that launched from what the group has, as it can for a
            launch template.
        spares_protected, spares_standby: whether one that is not the run's, and would be replaced, is
            protected from scale-in or in Standby. Else the run's go whatever protects them.
    """
    replaces = not spares_protected or wanted.scale_in_protected_instances == WAIT
    ends = not spares_standby or wanted.standby_instances == WAIT
    return {
        **_capacity(wanted),
        "SkipMatching": compares,
        "AutoRollback": False,
        "ScaleInProtectedInstances": "Refresh" if replaces else wanted.scale_in_protected_instances,
        "StandbyInstances": "Terminate" if ends else wanted.standby_instances,
    }


def _capacity(wanted: RefreshPreferences) -> dict[str, Any]:
    warmup = {} if wanted.instance_warmup is None else {"InstanceWarmup": wanted.instance_warmup}
    return {
        "MinHealthyPercentage": wanted.min_healthy_percentage,
        "MaxHealthyPercentage": wanted.max_healthy_percentage,
        **warmup,
    }
