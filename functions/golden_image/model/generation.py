"""A generation of a group: what a committed run has made of it."""

from __future__ import annotations

from dataclasses import dataclass

from golden_image.model.launch_template import LaunchTemplate


@dataclass(frozen=True)
class GenerationImage:
    """The image of a generation."""

    id: str
    name: str
    snapshot_ids: tuple[str, ...]


@dataclass(frozen=True)
class Replaced:
    """What a group launched from before a run.

    Attributes:
        generation: the newest generation with that version; None where it was no generation's.
        launch_template_version: as the group had it: a number, `$Latest` or `$Default`.
    """

    generation: int | None
    launch_template_id: str | None
    launch_template_version: str | None
    launch_configuration: str | None


@dataclass(frozen=True)
class Generation:
    """A committed run of a group, or what the group launched from before its first one.

    Attributes:
        group: the group's name.
        number: 1 for the group's first; each committed run has the next.
        run: the execution's ARN.
        source_instance_id: the source of the image; a way back has that of the generation it goes back to.
        rollout: None for an adopted one, which does not tell.
        started_by: who called the API, or the time of the schedule; None for others: CloudTrail's event
            StartExecution tells.
        started_at, committed_at: ISO 8601; an adopted one has the time of its template version alone.
        replaced: None where the run created the group, and for an adopted one.
        goes_back_to: the number of the generation whose image and version it has; None for a refresh.
        adopted: it was committed before generations were written: its template version tells it.
    """

    group: str
    number: int
    run: str
    image: GenerationImage
    launch_template: LaunchTemplate
    source_instance_id: str | None
    committed_at: str
    started_at: str | None = None
    started_by: str | None = None
    rollout: str | None = None
    replaced: Replaced | None = None
    goes_back_to: int | None = None
    adopted: bool = False

    @property
    def version(self) -> tuple[str, str]:
        """The launch template and the number of its version, as a group names them."""
        return self.launch_template.id, str(self.launch_template.version)
