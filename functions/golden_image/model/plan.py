"""The plan of a run."""

from __future__ import annotations

from dataclasses import dataclass

from golden_image.model.group import GroupPlan
from golden_image.model.image import Image
from golden_image.model.launch_template import LaunchTemplatePlan
from golden_image.model.source import Source


@dataclass(frozen=True)
class Timeouts:
    """Seconds that each stage may take."""

    stop: int
    snapshot: int
    image: int
    drain: int
    rollout: int


@dataclass(frozen=True)
class Plan:
    """Everything that a run will do, with nothing left to look up or to guess.

    Attributes:
        run: the execution's ARN.
        planned_at: milliseconds since 1970, before the first look-up.
        image_method: RegisterImage, or CreateImage where RegisterImage would lose billing data.
        parameter_name: the SSM parameter that holds the group's latest golden image.
        warnings: messages that do not stop the run.
    """

    run: str
    planned_at: int
    source: Source
    restart_source: bool
    image: Image
    image_method: str
    launch_template: LaunchTemplatePlan
    group: GroupPlan
    rollout: str
    timeouts: Timeouts
    parameter_name: str
    dry_run: bool
    warnings: tuple[str, ...]
