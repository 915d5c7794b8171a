"""The plans of a run: what a refresh and a way back will do."""

from __future__ import annotations

from dataclasses import dataclass

from golden_image.model.approval import NEVER, ApprovalPlan
from golden_image.model.document import Canary, Prepare
from golden_image.model.generation import Generation
from golden_image.model.group import GroupPlan
from golden_image.model.image import Image
from golden_image.model.launch_template import LaunchTemplatePlan
from golden_image.model.rolling import RefreshPreferences
from golden_image.model.source import Source


@dataclass(frozen=True)
class Timeouts:
    """Seconds that each stage may take."""

    stop: int
    snapshot: int
    image: int
    drain: int
    rollout: int
    canary: int = 1800


@dataclass(frozen=True, kw_only=True)
class RunPlan:
    """Everything that a run will do to its group, with nothing left to look up or to guess.

    Attributes:
        run: the execution's ARN.
        planned_at: milliseconds since 1970, before the first look-up.
        parameter_name: the SSM parameter that holds the group's latest golden image.
        warnings: messages that do not stop the run.
        approval: when people are asked whether the run may go on. Older rows do not have it.
        rolling: the preferences of the group's instance refresh; None unless an existing group is rolled.
        pins_group: the group takes `$Latest` or `$Default`, and gets the number of that version before the
            run makes its own.
        canary: the proof of the image before the group is touched; None for none.
        digest: 64 hexadecimal digits, the same for each run that does the same. Older rows do not have it.
    """

    run: str
    planned_at: int
    launch_template: LaunchTemplatePlan
    group: GroupPlan
    rollout: str
    timeouts: Timeouts
    parameter_name: str
    dry_run: bool
    warnings: tuple[str, ...]
    approval: ApprovalPlan = NEVER
    rolling: RefreshPreferences | None = None
    pins_group: bool = False
    canary: Canary | None = None
    digest: str = ""

    @property
    def source_id(self) -> str | None:
        """The id of the instance that the run makes an image of; None for a run without one."""
        return None

    @property
    def stopped_source_id(self) -> str | None:
        """The same where the run stops it."""
        return None


@dataclass(frozen=True, kw_only=True)
class Plan(RunPlan):
    """The plan of a refresh, which makes an image of its source, and a launch template version.

    Attributes:
        image_method: RegisterImage, or CreateImage where RegisterImage would lose billing data.
        stop_source: whether the source is stopped for its snapshots.
        prepare: what is run on the source before that; None for nothing.
    """

    source: Source
    restart_source: bool
    image: Image
    image_method: str
    stop_source: bool = True
    prepare: Prepare | None = None

    @property
    def source_id(self) -> str:
        """The source's."""
        return self.source.instance_id

    @property
    def stopped_source_id(self) -> str | None:
        """The source's, unless the input says not to stop it."""
        return self.source_id if self.stop_source else None

    @property
    def image_name(self) -> str:
        """The name of the image that the group gets."""
        return self.image.name


@dataclass(frozen=True, kw_only=True)
class WayBackPlan(RunPlan):
    """The plan of a way back, which has no source and makes neither an image nor a version.

    The group gets the `base_version` of its launch template again.
    """

    goes_back_to: Generation

    @property
    def image_name(self) -> str:
        """The name of the image that the group gets again."""
        return self.goes_back_to.image.name

    @property
    def version_id(self) -> str:
        """The generation's version, as model.made names it."""
        return self.goes_back_to.launch_template.version_id
