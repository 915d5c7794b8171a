"""Who started a run, noted by what starts runs: an execution does not show its caller.

Items of the ledger's table with the `pk` `started#<execution ARN>`, which the run's generation is told from.
"""

from __future__ import annotations

import time

from golden_image import aws
from golden_image.run import table

_STARTED = "started#"
# Longer than any run may last (the state machine's TimeoutSeconds).
_KEPT_SECONDS = 50 * 86_400


def note(run: str, starter: str) -> None:
    """Note who is about to start the run; a later start under its name changes nothing."""
    item = {
        "pk": {"S": _STARTED + run},
        "by": {"S": starter},
        "expiresAt": {"N": str(int(time.time()) + _KEPT_SECONDS)},
    }
    with table.if_it_holds():
        aws.client("dynamodb").put_item(
            TableName=table.name(), Item=item, ConditionExpression="attribute_not_exists(pk)"
        )


def find(run: str) -> str | None:
    """Who started the run; None where nothing has noted it."""
    item = table.get(_STARTED + run)
    return str(item["by"]["S"]) if item else None
