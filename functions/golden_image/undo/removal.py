"""The removal of the stack: CloudFormation is refused it while a run is open or a source is owed.

What undoes a run and starts a source is deleted with the stack. So the stack has a custom resource that
depends on everything else. CloudFormation deletes it first, asks the sweeper, and deletes nothing that it
depends on if the answer is no.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from itertools import accumulate
from typing import Any
from urllib.request import Request, urlopen

from golden_image import aws
from golden_image.errors import ResourceBusy
from golden_image.run import ledger, owed, table
from golden_image.step import logger

# Longer than CloudFormation takes from the answer to the deletion of the state machines.
_CLOSED_SECONDS = 900
# An answer has 4,096 bytes at most: names of runs, names of sources or an error, and some 900 bytes beside.
_NAMED_BYTES, _ERROR_BYTES = 1200, 2400
_TIMEOUT_SECONDS = 10
_REFUSED = (
    "Nothing that runs need was deleted, but the stack can no longer be updated, only deleted: "
    "do so once nothing is open."
)
# What makes a mark that of a removal that this request was allowed; `until` is a reserved word.
_NOT_ALLOWED = "attribute_not_exists(allowed) OR allowed <> :request"


def is_asked(event: object) -> bool:
    """Whether an event is a request of CloudFormation's for a custom resource."""
    return isinstance(event, dict) and "ResponseURL" in event


def answer(request: dict[str, Any]) -> str:
    """Answer CloudFormation's request at the URL that it names; the status of the answer.

    Only a deletion can be refused. An error here is a refusal too: without an answer, CloudFormation would
    wait for its time-out.
    """
    try:
        refusal = _refusal(request["RequestId"]) if request["RequestType"] == "Delete" else ""
    except Exception as error:
        logger.exception("removal not known to be safe")
        text = f"It is not known whether runs are open: {type(error).__name__}: {error}"
        refusal = text.encode()[:_ERROR_BYTES].decode(errors="ignore")
    status = "FAILED" if refusal else "SUCCESS"
    told = {
        "Status": status,
        "Reason": f"{refusal} {_REFUSED}" if refusal else "",
        # A creation has none yet. A deletion may have one of CloudFormation's own making.
        "PhysicalResourceId": request.get("PhysicalResourceId", request["LogicalResourceId"]),
        **{key: request[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    logger.info("removal answered", extra={"asked": request["RequestType"], "answer": told})
    # The URL is signed for a request without a content type.
    url, headers = request["ResponseURL"], {"Content-Type": ""}
    body = json.dumps(told, ensure_ascii=False).encode()
    put = Request(url, body, headers, method="PUT")  # noqa: S310 - CloudFormation's own
    with urlopen(put, timeout=_TIMEOUT_SECONDS):  # noqa: S310
        return status


def _refusal(request_id: str) -> str:
    """Why the stack may not be removed; empty where nothing is open. Then no run can begin any more.

    A run writes its row before it reads the mark, and here the mark is written before the rows are read. So
    one of the two sees the other. The mark stays only where the removal is allowed.
    """
    with ExitStack() as refused:
        refused.callback(_unmark, request_id)
        if _mark(request_id):
            if reason := _open():
                return reason
            _allow(request_id)
        refused.pop_all()
    return ""


def _mark(request_id: str) -> bool:
    """Let no run begin; False where this request was allowed already, and Lambda delivers it again."""
    now = int(time.time())
    until = {"N": str(now + _CLOSED_SECONDS)}
    with table.if_it_holds():
        aws.client("dynamodb").put_item(
            TableName=table.name(),
            Item={"pk": {"S": ledger.REMOVAL}, "until": until, "expiresAt": until},
            ConditionExpression=f"{_NOT_ALLOWED} OR #until <= :now",
            ExpressionAttributeNames={"#until": "until"},
            ExpressionAttributeValues={":request": {"S": request_id}, ":now": {"N": str(now)}},
        )
        return True
    return False


def _allow(request_id: str) -> None:
    """Note in the mark that this request was allowed the removal.

    Raises:
        ResourceBusy: there is no mark any more.
    """
    marked = table.update(
        ledger.REMOVAL,
        UpdateExpression="SET allowed = :request",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeValues={":request": {"S": request_id}},
    )
    if marked is None:
        raise ResourceBusy("another delivery of this request has refused it")


def _unmark(request_id: str) -> None:
    """Let runs begin again, unless another delivery of this request was allowed the removal."""
    with table.if_it_holds():
        aws.client("dynamodb").delete_item(
            **table.at(ledger.REMOVAL),
            ConditionExpression=_NOT_ALLOWED,
            ExpressionAttributeValues={":request": {"S": request_id}},
        )


def _open() -> str:
    """The runs that are open and the sources that are owed; empty where there are none."""
    runs, sources = ledger.open_runs(), [source.instance_id for source in owed.every()]
    # A run that has locked a source between these two has taken over what was owed.
    runs = runs or ledger.open_runs()
    told = [f"Runs are open: {_listed(runs)}. Wait until they end, or stop them."] if runs else []
    if sources:
        told.append(f"Sources are still to be started: {_listed(sources)}. Start them by hand, or wait.")
    return " ".join(told)


def _listed(names: list[str]) -> str:
    """As many of the names as fit, and the number of the others."""
    names = sorted(names)
    fit = sum(size <= _NAMED_BYTES for size in accumulate(len(name.encode()) for name in names))
    more = len(names) - fit
    return ", ".join([*names[:fit], *([f"and {more} more"] if more else [])])
