"""The ledger: a run's locks, and the state from before the run. Written before the first change.

Items of the table, by `pk`: `run#<execution ARN>` holds the plan, the keys of the run's locks and what undoes
it. `group#<name>`, `source#<id>` and `launch-template#<name>` are locks: each names the run that holds it, or
says when it was released. `source-owed#<id>` is in owed.py, `started#<execution ARN>` in starter.py,
`stack-removal` in undo/removal.py, `counted#<execution ARN>` in metrics/ends.py, `measured` in
metrics/kept.py.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws, events
from golden_image.errors import PlanOutdated, ResourceBusy, RunInProgress
from golden_image.model.made import Made
from golden_image.run import made, table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef as Value
    from mypy_boto3_dynamodb.type_defs import DeleteTypeDef, PutTypeDef, TransactWriteItemTypeDef

    from golden_image.model.plan import RunPlan

# Longer than any run may last (the state machine's TimeoutSeconds): no lock is held for ever.
_KEPT_SECONDS = 50 * 86_400
# Longer than a plan can wait for its locks, and than the sweeper's call that starts a source.
_RELEASED_SECONDS, _START_SECONDS = 86_400, 60
OWED = "source-owed#"
# Until that time, in seconds since 1970, no run begins, because the stack is being removed.
REMOVAL = "stack-removal"


@dataclass(frozen=True)
class Row:
    """A run's row.

    Attributes:
        plan: the plan as an event: whoever needs it makes a Plan of it.
        locks: the keys of the run's locks.
        committed: the rollout has succeeded; such a run is never undone.
        undo: the ARN of the workflow undo, in the version that the run began with.
        undo_attempt: the number of the newest execution of that workflow for the run, from 1.
        made: the ids that the run's calls have answered.
    """

    plan: Any
    locks: tuple[str, ...]
    committed: bool
    undo: str
    undo_attempt: int
    made: Made


def _locks(plan: RunPlan) -> list[str]:
    sources = [f"source#{plan.source_id}"] if plan.source_id else []
    return [f"group#{plan.group.name}", *sources, f"launch-template#{plan.launch_template.name}"]


def lock(plan: RunPlan, undo: str) -> None:
    """Take the locks of the run and write its row, all or nothing; again by the same run changes nothing.

    A free lock has the time of its release: an older plan may have read a state that the other run was about
    to change, such as a source that it had stopped. A source that is owed (owed.py) is the run's to return if
    the run stops it.

    Args:
        undo: the ARN of the workflow undo, in the version that the run began with.

    Raises:
        RunInProgress: names the run that holds a lock, or the stack is being removed. The undo releases the
            locks of the latter.
        PlanOutdated: another run released a lock after this plan was made.
        ResourceBusy: in this moment another run takes or releases one, or the sweeper starts the source.
    """
    expires = _in(_KEPT_SECONDS)
    # Not in ASCII: tags at EC2's limits, escaped, would be more than the 400 KB of an item.
    text = json.dumps(events.to_event(plan), ensure_ascii=False)
    locks = _locks(plan)
    row: dict[str, Value] = {
        "pk": {"S": table.RUN + plan.run},
        "plan": {"S": text},
        "locks": {"L": [{"S": key} for key in locks]},
        "undo": {"S": undo},
        "expiresAt": expires,
    }
    items: list[TransactWriteItemTypeDef] = [{"Put": {"TableName": table.name(), "Item": row}}]
    items += [{"Put": _held(key, plan, expires)} for key in locks]
    if plan.stopped_source_id:
        items.append({"Delete": _taken_over(plan.stopped_source_id)})
    try:
        aws.client("dynamodb").transact_write_items(TransactItems=items)
    except ClientError as error:
        if aws.code(error) != "TransactionCanceledException":
            raise
        _refuse_taken(plan)
        raise ResourceBusy(f"another run is taking or releasing the same locks: {error}") from error
    # Read after the row was written: whoever removes the stack marks it first, and then looks for rows.
    if int(table.get(REMOVAL).get("until", {}).get("N", 0)) > time.time():
        raise RunInProgress(
            "the stack of this state machine is being removed, so no run may begin. "
            "If it is still there in 15 minutes, start a new run."
        )


def _held(key: str, plan: RunPlan, expires: Value) -> PutTypeDef:
    """A lock that the run holds, if nobody else does or has done since the plan was made."""
    return {
        "TableName": table.name(),
        "Item": {"pk": {"S": key}, "run": {"S": plan.run}, "expiresAt": expires},
        "ConditionExpression": "attribute_not_exists(pk) OR #run = :run OR released < :planned",
        "ExpressionAttributeNames": {"#run": "run"},
        "ExpressionAttributeValues": {":run": {"S": plan.run}, ":planned": {"N": str(plan.planned_at)}},
    }


def _taken_over(instance_id: str) -> DeleteTypeDef:
    """The item of a source that is owed, which the run owes from now on; not while the sweeper starts it."""
    return {
        "TableName": table.name(),
        "Key": {"pk": {"S": OWED + instance_id}},
        "ConditionExpression": "attribute_not_exists(starting) OR starting < :over",
        "ExpressionAttributeValues": {":over": _in(-_START_SECONDS)},
    }


def _refuse_taken(plan: RunPlan) -> None:
    for key in _locks(plan):
        what = key.replace("#", " ", 1)
        found = table.get(key)
        holder = found.get("run", {}).get("S", plan.run)
        if holder != plan.run:
            raise RunInProgress(
                f"{what} is locked by the run {holder}. Wait until it ends, or stop it, then start a new run."
            )
        if int(found.get("released", {}).get("N", 0)) >= plan.planned_at:
            raise PlanOutdated(f"another run released {what} while this one was planned. Start a new run.")


def _in(seconds: int) -> Value:
    return {"N": str(int(time.time()) + seconds)}


def read(run: str) -> Row | None:
    """The row of a run; None where it never changed anything, or has been unlocked."""
    row = table.get(table.RUN + run)
    if not row:
        return None
    return Row(
        plan=json.loads(row["plan"]["S"]),
        locks=tuple(key["S"] for key in row["locks"]["L"]),
        committed="committed" in row,
        undo=row["undo"]["S"],
        undo_attempt=int(row.get("undoAttempt", {}).get("N", 1)),
        made=made.of_row(row),
    )


def claim_undo(run: str) -> bool:
    """Note that the run is being undone, so that a last call of its own cannot commit it any more.

    False where it is committed, or has no row.
    """
    return _changed(
        run,
        UpdateExpression="SET undoing = :true",
        ConditionExpression="attribute_exists(pk) AND attribute_not_exists(committed)",
        ExpressionAttributeValues={":true": {"BOOL": True}},
    )


def count_undo(run: str, failed: int) -> bool:
    """Note that an attempt to undo the run has failed; the next has the number after it.

    False where somebody else has noted it, or the run has no row any more.
    """
    return _changed(
        run,
        UpdateExpression="SET undoAttempt = :next",
        ConditionExpression="attribute_exists(pk) AND "
        "(attribute_not_exists(undoAttempt) OR undoAttempt = :failed)",
        ExpressionAttributeValues={":failed": {"N": str(failed)}, ":next": {"N": str(failed + 1)}},
    )


def _changed(run: str, **change: Any) -> bool:
    """Change the run's row; False where the change's condition does not hold."""
    return table.update(table.RUN + run, **change) is not None


def open_runs() -> list[str]:
    """The runs that have a row: under way, or ended without having cleaned up."""
    return [
        item["pk"]["S"].removeprefix(table.RUN) for item in table.every(table.RUN, ProjectionExpression="pk")
    ]


def open_locks() -> int:
    """How many locks the runs hold that have a row."""
    named = {"ProjectionExpression": "#locks", "ExpressionAttributeNames": {"#locks": "locks"}}
    rows = table.every(table.RUN, **named)
    return sum(len(row.get("locks", {}).get("L", [])) for row in rows)


def unlock(run: str) -> None:
    """Release the run's own locks and remove its row; nothing happens the second time.

    Nor for a run that is neither committed nor being undone: its commit failed, and the sweeper writes its
    generation, which needs the row, before it unlocks it.
    """
    row = table.get(table.RUN + run)
    if not row.keys() & {"committed", "undoing"}:
        return
    for key in row["locks"]["L"]:
        _release(key["S"], run)
    aws.client("dynamodb").delete_item(**table.at(table.RUN + run))


def _release(key: str, run: str) -> None:
    released = {"N": str(time.time_ns() // 1_000_000)}
    with table.if_it_holds():
        aws.client("dynamodb").put_item(
            TableName=table.name(),
            Item={"pk": {"S": key}, "released": released, "expiresAt": _in(_RELEASED_SECONDS)},
            ConditionExpression="#run = :run",
            ExpressionAttributeNames={"#run": "run"},
            ExpressionAttributeValues={":run": {"S": run}},
        )
