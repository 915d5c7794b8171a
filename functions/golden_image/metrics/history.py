"""What the history of a run says and its output does not: how long it waited, and what throttled it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.run import children

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef

# The errors of a Task that AWS throttled: a call of its function, or the function itself.
_THROTTLED = {"RequestThrottled", "Lambda.TooManyRequestsException"}
_PAGE = 1000


class Spent(NamedTuple):
    """The seconds that Wait states took, and how often a Task was throttled."""

    seconds: float
    throttles: int


def of_run(run: str) -> Spent:
    """What a run that is over has spent, with the workflows that it called, but for its undo."""
    each = [spent(_events(arn)) for arn in (run, *children.of_run(run))]
    return Spent(sum(one.seconds for one in each), sum(one.throttles for one in each))


def spent(events: Iterable[HistoryEventTypeDef]) -> Spent:
    """What an execution has spent. A Wait state that the end cut off waited until then."""
    entered: dict[str, datetime] = {}
    seconds, throttles, newest = 0.0, 0, None
    for event in events:
        newest = event["timestamp"]
        if event["type"] == "WaitStateEntered":
            entered[event["stateEnteredEventDetails"]["name"]] = newest
        elif event["type"] == "WaitStateExited":
            began = entered.pop(event["stateExitedEventDetails"]["name"])
            seconds += (newest - began).total_seconds()
        elif event.get("taskFailedEventDetails", {}).get("error") in _THROTTLED:
            throttles += 1
    if newest:
        seconds += sum((newest - began).total_seconds() for began in entered.values())
    return Spent(seconds, throttles)


def _events(arn: str) -> Iterator[HistoryEventTypeDef]:
    """The history of an execution, without what its states took and gave; none of one that never was."""
    pages = aws.client("stepfunctions").get_paginator("get_execution_history")
    try:
        for page in pages.paginate(
            executionArn=arn, includeExecutionData=False, PaginationConfig={"PageSize": _PAGE}
        ):
            yield from page["events"]
    except ClientError as error:
        if aws.code(error) != "ExecutionDoesNotExist":
            raise
