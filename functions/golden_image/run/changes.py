"""What a run changes of its existing group, noted in its row of the ledger before each change."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from golden_image import events
from golden_image.errors import RunSettled
from golden_image.model.group import NONE, Drain, GroupChange, GroupState, Sizes
from golden_image.model.launch_template import LaunchTemplate
from golden_image.model.rolling import Rolling
from golden_image.run import made, table

if TYPE_CHECKING:
    from golden_image.model.made import Made

_SIZED_BY_OTHERS = "sizedByOthers"
_RESTORED = "sizesRestored"
# What is in the row of a run that rolls its group, see rolls.py; HAD in that of each update, too.
PINNED, ROLLING, SETTINGS, HAD = "pinnedVersion", "rolling", "settingsBefore", "hadOfVersion"


def note_group(
    run: str, before: GroupState, version: LaunchTemplate, had: tuple[str, ...] = ()
) -> GroupState:
    """Note the group as it is just before its update, and the version that it is about to get.

    A later try keeps what the first one has noted, and answers that.

    Args:
        had: the ids of the group's instances that were launched from that version before.

    Raises:
        RunSettled: the run no longer decides about the group.
    """
    noted = note_if_open(
        run,
        "SET groupBefore = if_not_exists(groupBefore, :before), groupVersion = :version, "
        f"{HAD} = if_not_exists({HAD}, :had)",
        {":before": as_text(before), ":version": as_text(version), ":had": as_text(had)},
    )
    return events.from_event(GroupState, value_of(noted, "groupBefore"))


def note_options(run: str, before: GroupState) -> None:
    """Note the group as it is just before its tags, policy and notifications are set; a later try keeps it.

    Raises:
        RunSettled: the run no longer decides about the group.
    """
    expression = "SET optionsBefore = if_not_exists(optionsBefore, :before)"
    note_if_open(run, expression, {":before": as_text(before)})


def note_drain(run: str, sizes: Sizes, members: tuple[str, ...], *, anew: bool = False) -> Sizes:
    """Note the group's sizes and instances just before its sizes are set to zero.

    A later try keeps what the first one has noted, and answers its sizes, unless they are to be noted `anew`.
    The zeros that come now are the drain's.

    Raises:
        RunSettled: the run no longer decides about the group.
    """
    value = ":sizes" if anew else "if_not_exists(sizesBefore, :sizes)"
    noted = note_if_open(
        run,
        f"SET sizesBefore = {value}, membersBefore = if_not_exists(membersBefore, :members) "
        f"REMOVE {_RESTORED}",
        {":sizes": as_text(sizes), ":members": as_text(members)},
    )
    return events.from_event(Sizes, value_of(noted, "sizesBefore"))


def note_restored(run: str) -> None:
    """Note that the group has its sizes after the drain: zeros that come now are somebody else's."""
    _mark(run, _RESTORED)


def note_sized_by_others(run: str) -> None:
    """Note that somebody has set a desired capacity in the drained group."""
    _mark(run, _SIZED_BY_OTHERS)


def note_sizes_given_back(run: str) -> None:
    """Note that a roll-back has set the group's sizes: who changes them afterwards is somebody else."""
    _mark(run, "sizesGivenBack")


def read(run: str) -> GroupChange | None:
    """What the run may have changed of its existing group; None where it has not come to that."""
    return noted_in(table.get(table.RUN + run))


def noted_in(row: dict[str, Any]) -> GroupChange | None:
    """The same from the run's row."""
    if "groupBefore" not in row:
        return _of_old_row(row)
    return GroupChange(
        before=_before(row),
        version=of_row(LaunchTemplate, row, "groupVersion"),
        drained_from=_sizes_before(row),
        restored=_RESTORED in row,
        sizes_given_back="sizesGivenBack" in row,
        sized_by_others=_SIZED_BY_OTHERS in row,
        pinned=value_of(row, PINNED),
        rolling=of_row(Rolling, row, ROLLING),
        settings_written=SETTINGS in row or not row.keys() & {PINNED, ROLLING},
        had=tuple(value_of(row, HAD) or ()),
    )


def drain_of(run: str) -> Drain:
    """What `note_drain` has noted, of a new group too.

    Raises:
        RunSettled: the run is committed, is being undone or has no row: it no longer decides about the group.
    """
    row = row_of_open(run)
    return Drain(
        sizes=events.from_event(Sizes, value_of(row, "sizesBefore")),
        members=tuple(value_of(row, "membersBefore")),
        sized_by_others=_SIZED_BY_OTHERS in row,
        restored=_RESTORED in row,
    )


def refuse_settled(run: str) -> Made:
    """Refuse to act for a run that no longer decides about its group; answer what it has made so far.

    Raises:
        RunSettled: the run is committed, is being undone or has no row.
    """
    return made.of_row(row_of_open(run))


def _before(row: dict[str, Any]) -> GroupState:
    """The group before its update, with the settings and options that it had just before those were set."""
    before = events.from_event(GroupState, value_of(row, "groupBefore"))
    if had := of_row(GroupState, row, SETTINGS):
        launched = ("launch_template_id", "launch_template_version", "launch_configuration", "mixed")
        before = replace(had, **{name: getattr(before, name) for name in launched})
    if "optionsBefore" not in row:
        return before
    had = events.from_event(GroupState, value_of(row, "optionsBefore"))
    return replace(
        before,
        tags=had.tags,
        target_cpu=had.target_cpu,
        scaling_policy=had.scaling_policy,
        notification_types=had.notification_types,
    )


def _of_old_row(row: dict[str, Any]) -> GroupChange | None:
    """For the row of a run that did not note this: what its plan has read."""
    plan = value_of(row, "plan") if "plan" in row else None
    if plan is None or plan["group"]["before"] is None or "statedSizes" in plan["group"]:
        return None
    before = events.from_event(GroupState, plan["group"]["before"])
    drained_from = None if plan["rollout"] == NONE else before.sizes
    return GroupChange(before, None, drained_from, restored=False, sizes_given_back=False)


def note_if_open(run: str, expression: str, values: dict[str, Any]) -> dict[str, Any]:
    """Change the run's row, and answer it.

    A rollout can be started late, or again by hand: the run may be undone, and another run have its locks.

    Raises:
        RunSettled: the run is committed, is being undone or has no row.
    """
    noted = table.update(
        table.RUN + run,
        UpdateExpression=expression,
        ConditionExpression="attribute_exists(pk) AND attribute_not_exists(committed) "
        "AND attribute_not_exists(undoing)",
        ExpressionAttributeValues=values,
        ReturnValues="ALL_NEW",
    )
    if noted is None:
        raise _settled(run)
    return noted


def _mark(run: str, name: str) -> None:
    """Set a mark, unless the run is over meanwhile."""
    table.update(
        table.RUN + run,
        UpdateExpression=f"SET {name} = :true",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeValues={":true": {"BOOL": True}},
    )


def row_of_open(run: str) -> dict[str, Any]:
    """The row of a run that still decides about its group.

    Raises:
        RunSettled: the run is committed, is being undone or has no row.
    """
    row = table.get(table.RUN + run)
    if not row or row.keys() & {"committed", "undoing"}:
        raise _settled(run)
    return row


def _settled(run: str) -> RunSettled:
    return RunSettled(f"{run} is over or being undone, so it no longer changes the group.")


def _sizes_before(row: dict[str, Any]) -> Sizes | None:
    return of_row(Sizes, row, "sizesBefore")


def as_text(value: object) -> dict[str, str]:
    """A value as the row has it."""
    return {"S": json.dumps(events.to_event(value), ensure_ascii=False)}


def value_of(row: dict[str, Any], name: str) -> Any:
    """A value of the row; None where it is not there."""
    return json.loads(row[name]["S"]) if name in row else None


def of_row[T](kind: type[T], row: dict[str, Any], name: str) -> T | None:
    """A value of the row, built as `kind`; None where it is not there."""
    return events.from_event(kind, value_of(row, name)) if name in row else None
