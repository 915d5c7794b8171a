"""The removal of the stack: CloudFormation is refused it while a run is open or a source is owed.

What undoes a run and starts a source is deleted with the stack. So the stack has a custom resource that
depends on everything else. CloudFormation deletes it first, asks the sweeper, and deletes nothing that it
depends on if the answer is no.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.request import Request, urlopen

from golden_image import aws
from golden_image.run import ledger, owed, table

# Longer than CloudFormation takes from the answer to the deletion of the state machines.
_CLOSED_SECONDS = 900
# As many are named as fit into an answer, which has 4,096 bytes at most.
_NAMED = 10
_TIMEOUT_SECONDS = 10


def is_asked(event: object) -> bool:
    """Whether an event is a request of CloudFormation's for a custom resource."""
    return isinstance(event, dict) and "ResponseURL" in event


def answer(request: dict[str, Any]) -> str:
    """Answer CloudFormation's request at the URL that it names; the status of the answer.

    Only a deletion can be refused. An error here is a refusal too: without an answer, CloudFormation would
    wait for its time-out.
    """
    try:
        refusal = _refusal() if request["RequestType"] == "Delete" else ""
    except Exception as error:
        refusal = f"It is not known whether runs are open: {type(error).__name__}: {error}"[:2000]
    status = "FAILED" if refusal else "SUCCESS"
    told = {
        "Status": status,
        "Reason": refusal,
        "PhysicalResourceId": request["LogicalResourceId"],
        **{key: request[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    # The URL is signed for a request without a content type.
    url, headers = request["ResponseURL"], {"Content-Type": ""}
    put = Request(url, json.dumps(told).encode(), headers, method="PUT")  # noqa: S310 - CloudFormation's own
    with urlopen(put, timeout=_TIMEOUT_SECONDS):  # noqa: S310
        return status


def _refusal() -> str:
    """Why the stack may not be removed; empty where nothing is open. Then no run can begin any more.

    A run writes its row before it reads the mark, and here the mark is written before the rows are read. So
    one of the two sees the other.
    """
    until = {"N": str(int(time.time()) + _CLOSED_SECONDS)}
    dynamodb = aws.client("dynamodb")
    dynamodb.put_item(
        TableName=table.name(), Item={"pk": {"S": ledger.REMOVAL}, "until": until, "expiresAt": until}
    )
    runs, sources = ledger.open_runs(), [source.instance_id for source in owed.every()]
    if not runs and not sources:
        return ""
    dynamodb.delete_item(**table.at(ledger.REMOVAL))
    told = [f"Runs are open: {_listed(runs)}. Wait until they end, or stop them."] if runs else []
    if sources:
        told.append(f"Sources are still to be started: {_listed(sources)}. Start them by hand, or wait.")
    return " ".join([*told, "The stack stays as it is. Delete it again once nothing is open."])


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join([*sorted(names)[:_NAMED], *([f"and {more} more"] if more > 0 else [])])
