"""The ledger: a run's locks, and what was there before it began. Written before the first change.

Items of the table, by `pk`: `run#<execution ARN>` holds the plan; `group#<name>`, `source#<id>` and
`launch-template#<name>` are locks that name the run holding them.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws, events
from golden_image.errors import RefreshInProgress, ResourceBusy
from golden_image.plan import Plan

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

# Longer than any run may last (the state machine's TimeoutSeconds): no lock is held for ever.
_KEPT_SECONDS = 40 * 86_400


def _table() -> str:
    return os.environ["LEDGER_TABLE"]


def _locks(plan: Plan) -> list[str]:
    return [
        f"group#{plan.group.name}",
        f"source#{plan.source.instance_id}",
        f"launch-template#{plan.launch_template.name}",
    ]


def _run_key(run: str) -> str:
    return f"run#{run}"


def lock(plan: Plan) -> None:
    """Take the locks of the run and write its row, all or nothing; again by the same run changes nothing.

    Raises:
        RefreshInProgress: names the run that holds a lock.
        ResourceBusy: another run was taking or releasing one in the same moment.
    """
    expires = {"N": str(int(time.time()) + _KEPT_SECONDS)}
    row = {"pk": {"S": _run_key(plan.run)}, "plan": {"S": json.dumps(events.to_event(plan))}}
    items: list[TransactWriteItemTypeDef] = [
        {"Put": {"TableName": _table(), "Item": row | {"expiresAt": expires}}}
    ]
    items += [
        {
            "Put": {
                "TableName": _table(),
                "Item": {"pk": {"S": key}, "run": {"S": plan.run}, "expiresAt": expires},
                "ConditionExpression": "attribute_not_exists(pk) OR #run = :run",
                "ExpressionAttributeNames": {"#run": "run"},
                "ExpressionAttributeValues": {":run": {"S": plan.run}},
            }
        }
        for key in _locks(plan)
    ]
    try:
        aws.client("dynamodb").transact_write_items(TransactItems=items)
    except ClientError as error:
        if aws.code(error) != "TransactionCanceledException":
            raise
        _refuse_held(plan)
        raise ResourceBusy(f"another run is at the same locks: {error}") from error


def _refuse_held(plan: Plan) -> None:
    for key in _locks(plan):
        holder = _get(key).get("run", {}).get("S", plan.run)
        if holder != plan.run:
            what = key.replace("#", " ", 1)
            raise RefreshInProgress(
                f"{what} is in use by the run {holder}. Wait for its end, or stop it, then start again."
            )


def _get(key: str) -> dict[str, Any]:
    answer = aws.client("dynamodb").get_item(TableName=_table(), Key={"pk": {"S": key}}, ConsistentRead=True)
    return dict(answer.get("Item", {}))


def read(run: str) -> Plan | None:
    """The plan of a run from its row; None where it never changed anything, or has been unlocked."""
    row = _get(_run_key(run))
    return events.from_event(Plan, json.loads(row["plan"]["S"])) if row else None


def unlock(run: str) -> None:
    """Release the run's own locks and remove its row; nothing happens the second time."""
    plan = read(run)
    if plan is None:
        return
    for key in _locks(plan):
        _release(key, run)
    aws.client("dynamodb").delete_item(TableName=_table(), Key={"pk": {"S": _run_key(run)}})


def _release(key: str, run: str) -> None:
    try:
        aws.client("dynamodb").delete_item(
            TableName=_table(),
            Key={"pk": {"S": key}},
            ConditionExpression="#run = :run",
            ExpressionAttributeNames={"#run": "run"},
            ExpressionAttributeValues={":run": {"S": run}},
        )
    except ClientError as error:
        if aws.code(error) != "ConditionalCheckFailedException":
            raise
