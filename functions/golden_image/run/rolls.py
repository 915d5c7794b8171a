"""What a run begins of its group's roll, noted in its row of the ledger before each step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from golden_image.model.rolling import Rolling
from golden_image.run import changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from golden_image.model.group import GroupChange, GroupState
    from golden_image.model.stage import Stage


def note_pin(run: str, before: GroupState, number: str) -> None:
    """Note the group as it is just before `$Latest` or `$Default` becomes the number of that version.

    A later try keeps what the first one has noted.

    Raises:
        RunSettled: the run no longer decides about the group.
    """
    changes.note_if_open(
        run,
        f"SET groupBefore = if_not_exists(groupBefore, :before), {changes.PINNED} = :number",
        {":before": changes.as_text(before), ":number": changes.as_text(number)},
    )


def what_has_begun(run: str) -> tuple[Rolling, GroupChange | None]:
    """What the run has begun of its group's roll, and all that it may have changed of the group.

    Raises:
        RunSettled: the run no longer decides about the group.
    """
    change = changes.noted_in(changes.row_of_open(run))
    return (change and change.rolling) or Rolling(), change


def group_before(now: GroupState, begun: Rolling, change: GroupChange | None) -> GroupState:
    """What the group was before its roll; as it is now, where no stage has begun.

    A group that the run has pinned keeps `$Latest` or `$Default` as what it had before.
    """
    if change is None or begun.stage > 0:
        return change.before if change else now
    pinned = replace(change.before, launch_template_version=change.pinned)
    kept = change.before if now.launches_from == pinned.launches_from else now
    return replace(now, launch_template_version=kept.launch_template_version)


def note_stage(run: str, before: GroupState, stage: Stage, begun: Rolling, had: Sequence[str]) -> None:
    """Note that a stage of the roll is about to start, and what the group was before the first one.

    A later try keeps which instances the first one has found.

    Args:
        had: the ids of the group's instances that were launched from the stage's version before.

    Raises:
        RunSettled: the run no longer decides about the group.
    """
    changes.note_if_open(
        run,
        f"SET groupBefore = :before, groupVersion = :version, {changes.ROLLING} = :rolling, "
        f"{changes.HAD} = if_not_exists({changes.HAD}, :had)",
        {
            ":before": changes.as_text(before),
            ":version": changes.as_text(stage.launch_template),
            ":rolling": changes.as_text(replace(begun, stage=stage.number)),
            ":had": changes.as_text(list(had)),
        },
    )


def note_refresh(run: str, begun: Rolling, stage: int, refresh_id: str) -> None:
    """Note the id of the refresh that a stage has started.

    Raises:
        RunSettled: the run no longer decides about the group. Its undo finds the refresh by its version.
    """
    rolling = Rolling(stage, (*begun.refresh_ids[: stage - 1], refresh_id))
    expression = f"SET {changes.ROLLING} = :rolling"
    changes.note_if_open(run, expression, {":rolling": changes.as_text(rolling)})


def note_settings(run: str, now: GroupState) -> None:
    """Note the group as it is after its roll, just before the input's other settings are written.

    A later try keeps what the first one has noted.

    Raises:
        RunSettled: the run no longer decides about the group.
    """
    expression = f"SET {changes.SETTINGS} = if_not_exists({changes.SETTINGS}, :now)"
    changes.note_if_open(run, expression, {":now": changes.as_text(now)})
