"""The sources that are owed: stopped by a run, and not running again because EC2 had no capacity for them.

Items of the ledger's table with the `pk` `source-owed#<instance id>`. They outlive their runs: the sweeper
tries to start these sources. A run that locks such a source takes the debt over: its plan says that the
source was running.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.run.ledger import OWED
from golden_image.settings import Settings

# Longer than any run may last (31 days) and a day after its end, when the sweeper gives up.
_KEPT_SECONDS = 40 * 86_400


@dataclass(frozen=True)
class OwedSource:
    """A source that is to run again.

    Attributes:
        run: the run that has stopped it.
        group: the name of that run's group.
        reason: EC2's reason why it did not start.
        tried_at: seconds since 1970 of the last try to start it.
    """

    instance_id: str
    run: str
    group: str
    reason: str
    tried_at: int = 0


def owe(source: OwedSource) -> None:
    """Note that a source is owed; again changes nothing."""
    item = {
        "pk": {"S": OWED + source.instance_id},
        "run": {"S": source.run},
        "group": {"S": source.group},
        "reason": {"S": source.reason},
        "triedAt": {"N": str(_now())},
        "expiresAt": {"N": str(_now() + _KEPT_SECONDS)},
    }
    aws.client("dynamodb").put_item(TableName=_table(), Item=item)


def find(instance_id: str) -> OwedSource | None:
    """What is noted of a source; None where it is not owed."""
    key = {"pk": {"S": OWED + instance_id}}
    answer = aws.client("dynamodb").get_item(TableName=_table(), Key=key, ConsistentRead=True)
    return _read(answer["Item"]) if "Item" in answer else None


def every() -> list[OwedSource]:
    """All owed sources."""
    pages = aws.client("dynamodb").get_paginator("scan")
    found = pages.paginate(
        TableName=_table(),
        ConsistentRead=True,
        FilterExpression="begins_with(pk, :owed)",
        ExpressionAttributeValues={":owed": {"S": OWED}},
    )
    return [_read(item) for page in found for item in page["Items"]]


def claim(source: OwedSource) -> bool:
    """Note that the source is about to be started; False where another run has taken it over meanwhile."""
    return _changed(source, "SET triedAt = :now, starting = :now", {":now": {"N": str(_now())}})


def release(source: OwedSource) -> None:
    """Note that the call that starts the source is over, whatever came of it."""
    _changed(source, "REMOVE starting", {})


def settle(source: OwedSource) -> None:
    """Forget an owed source, unless it is owed for another run by now."""
    try:
        aws.client("dynamodb").delete_item(
            TableName=_table(),
            Key={"pk": {"S": OWED + source.instance_id}},
            ConditionExpression="#run = :run",
            ExpressionAttributeNames={"#run": "run"},
            ExpressionAttributeValues={":run": {"S": source.run}},
        )
    except ClientError as error:
        if aws.code(error) != "ConditionalCheckFailedException":
            raise


def _changed(source: OwedSource, change: str, values: dict[str, Any]) -> bool:
    """Change a source's item; False where it is gone, or another run's."""
    try:
        aws.client("dynamodb").update_item(
            TableName=_table(),
            Key={"pk": {"S": OWED + source.instance_id}},
            UpdateExpression=change,
            ConditionExpression="#run = :run",
            ExpressionAttributeNames={"#run": "run"},
            ExpressionAttributeValues={":run": {"S": source.run}, **values},
        )
    except ClientError as error:
        if aws.code(error) != "ConditionalCheckFailedException":
            raise
        return False
    return True


def _read(item: dict[str, Any]) -> OwedSource:
    return OwedSource(
        instance_id=item["pk"]["S"].removeprefix(OWED),
        run=item["run"]["S"],
        group=item["group"]["S"],
        reason=item["reason"]["S"],
        tried_at=int(item["triedAt"]["N"]),
    )


def _table() -> str:
    return Settings.from_env().ledger_table


def _now() -> int:
    return int(time.time())
