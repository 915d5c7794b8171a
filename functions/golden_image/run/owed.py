"""The sources that are owed: stopped by a run, and not running again because EC2 had no capacity for them.

Items of the ledger's table with the `pk` `source-owed#<instance id>`. They outlive their runs: the sweeper
tries to start these sources. A run that locks such a source takes the debt over: its plan says that the
source was running.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from golden_image import aws
from golden_image.run import table
from golden_image.run.ledger import OWED

# Longer than any run may last (45 days) and a day after its end, when the sweeper gives up.
_KEPT_SECONDS = 50 * 86_400


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
    aws.client("dynamodb").put_item(TableName=table.name(), Item=item)


def find(instance_id: str) -> OwedSource | None:
    """What is noted of a source; None where it is not owed."""
    item = table.get(OWED + instance_id)
    return _read(item) if item else None


def every() -> list[OwedSource]:
    """All owed sources."""
    return [_read(item) for item in table.every(OWED)]


def claim(source: OwedSource) -> bool:
    """Note that the source is about to be started; False where another run has taken it over meanwhile."""
    return _changed(source, "SET triedAt = :now, starting = :now", {":now": {"N": str(_now())}})


def release(source: OwedSource) -> None:
    """Note that the call that starts the source is over, whatever came of it."""
    _changed(source, "REMOVE starting", {})


def settle(source: OwedSource) -> None:
    """Forget an owed source, unless it is owed for another run by now."""
    with table.if_it_holds():
        aws.client("dynamodb").delete_item(
            **table.at(OWED + source.instance_id),
            ConditionExpression="#run = :run",
            ExpressionAttributeNames={"#run": "run"},
            ExpressionAttributeValues={":run": {"S": source.run}},
        )


def _changed(source: OwedSource, change: str, values: dict[str, Any]) -> bool:
    """Change a source's item; False where it is gone, or another run's."""
    changed = table.update(
        OWED + source.instance_id,
        UpdateExpression=change,
        ConditionExpression="#run = :run",
        ExpressionAttributeNames={"#run": "run"},
        ExpressionAttributeValues={":run": {"S": source.run}, **values},
    )
    return changed is not None


def _read(item: dict[str, Any]) -> OwedSource:
    return OwedSource(
        instance_id=item["pk"]["S"].removeprefix(OWED),
        run=item["run"]["S"],
        group=item["group"]["S"],
        reason=item["reason"]["S"],
        tried_at=int(item["triedAt"]["N"]),
    )


def _now() -> int:
    return int(time.time())
