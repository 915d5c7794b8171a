"""What a run changes of its existing group, noted in its row of the ledger before each change."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from golden_image import events
from golden_image.errors import RunSettled
from golden_image.model.group import NONE, Drain, GroupChange, GroupState, Sizes
from golden_image.model.launch_template import LaunchTemplate
from golden_image.run import made, table

if TYPE_CHECKING:
    from golden_image.model.made import Made

_SIZED_BY_OTHERS = "sizedByOthers"
_RESTORED = "sizesRestored"


def note_group(run: str, before: GroupState, version: LaunchTemplate) -> GroupState:
    """Note the group as it is just before its update, and the version that it is about to get.

    A later try keeps what the first one has noted, and answers that.

    Raises:
        RunSettled: the run no longer decides about the group.
    """
    noted = _note(
        run,
        "SET groupBefore = if_not_exists(groupBefore, :before), groupVersion = :version",
        {":before": _text(before), ":version": _text(version)},
    )
    return events.from_event(GroupState, _value(noted, "groupBefore"))


def note_options(run: str, before: GroupState) -> None:
    """Note the group as it is just before its tags, policy and notifications are set; a later try keeps it.

    Raises:
        RunSettled: the run no longer decides about the group.
    """
    expression = "SET optionsBefore = if_not_exists(optionsBefore, :before)"
    _note(run, expression, {":before": _text(before)})


def note_drain(run: str, sizes: Sizes, members: tuple[str, ...], *, anew: bool = False) -> Sizes:
    """Note the group's sizes and instances just before its sizes are set to zero.

    A later try keeps what the first one has noted, and answers its sizes, unless they are to be noted `anew`.
    The zeros that come now are the drain's.

    Raises:
        RunSettled: the run no longer decides about the group.
    """
    value = ":sizes" if anew else "if_not_exists(sizesBefore, :sizes)"
    noted = _note(
        run,
        f"SET sizesBefore = {value}, membersBefore = if_not_exists(membersBefore, :members) "
        f"REMOVE {_RESTORED}",
        {":sizes": _text(sizes), ":members": _text(members)},
    )
    return events.from_event(Sizes, _value(noted, "sizesBefore"))


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
    row = table.get(table.RUN + run)
    if "groupBefore" not in row:
        return _of_old_row(row)
    return GroupChange(
        before=_before(row),
        version=events.from_event(LaunchTemplate, _value(row, "groupVersion")),
        drained_from=_sizes_before(row),
        restored=_RESTORED in row,
        sizes_given_back="sizesGivenBack" in row,
        sized_by_others=_SIZED_BY_OTHERS in row,
    )


def drain_of(run: str) -> Drain:
    """What `note_drain` has noted, of a new group too.

    Raises:
        RunSettled: the run is committed, is being undone or has no row: it no longer decides about the group.
    """
    row = _row_of_open(run)
    return Drain(
        sizes=events.from_event(Sizes, _value(row, "sizesBefore")),
        members=tuple(_value(row, "membersBefore")),
        sized_by_others=_SIZED_BY_OTHERS in row,
        restored=_RESTORED in row,
    )


def refuse_settled(run: str) -> Made:
    """Refuse to act for a run that no longer decides about its group; answer what it has made so far.

    Raises:
        RunSettled: the run is committed, is being undone or has no row.
    """
    return made.of_row(_row_of_open(run))


def _before(row: dict[str, Any]) -> GroupState:
    """The group before its update, with the options that it had just before those were set."""
    before = events.from_event(GroupState, _value(row, "groupBefore"))
    if "optionsBefore" not in row:
        return before
    had = events.from_event(GroupState, _value(row, "optionsBefore"))
    return replace(
        before,
        tags=had.tags,
        target_cpu=had.target_cpu,
        scaling_policy=had.scaling_policy,
        notification_types=had.notification_types,
    )


def _of_old_row(row: dict[str, Any]) -> GroupChange | None:
    """For the row of a run that did not note this: what its plan has read."""
    plan = _value(row, "plan") if "plan" in row else None
    if plan is None or plan["group"]["before"] is None or "statedSizes" in plan["group"]:
        return None
    before = events.from_event(GroupState, plan["group"]["before"])
    drained_from = None if plan["rollout"] == NONE else before.sizes
    return GroupChange(before, None, drained_from, restored=False, sizes_given_back=False)


def _note(run: str, expression: str, values: dict[str, Any]) -> dict[str, Any]:
    """Change the run's row, and answer it.

    A rollout can be started late, or again by hand: the run may be undone, and another run have its locks.
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


def _row_of_open(run: str) -> dict[str, Any]:
    row = table.get(table.RUN + run)
    if not row or row.keys() & {"committed", "undoing"}:
        raise _settled(run)
    return row


def _settled(run: str) -> RunSettled:
    return RunSettled(f"{run} is over or being undone, so it no longer changes the group.")


def _sizes_before(row: dict[str, Any]) -> Sizes | None:
    return events.from_event(Sizes, _value(row, "sizesBefore")) if "sizesBefore" in row else None


def _text(value: object) -> dict[str, str]:
    return {"S": json.dumps(events.to_event(value), ensure_ascii=False)}


def _value(row: dict[str, Any], name: str) -> Any:
    return json.loads(row[name]["S"])
