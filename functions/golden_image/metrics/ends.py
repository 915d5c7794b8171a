"""The metrics of a run, written once, when it is over.

An item of the ledger's table with the `pk` `counted#<execution ARN>` says that a run is counted. EventBridge
tells of an end at least once, Lambda tries an event again, and a run that somebody redrives ends twice.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import MetricUnit

from golden_image import aws
from golden_image.errors import NotYetVisible
from golden_image.metrics import emf, history
from golden_image.metrics.emf import Metric
from golden_image.run import children, table
from golden_image.step import logger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

_COUNTED = "counted#"
# Longer than an event is tried again (EventBridge a day, Lambda six hours) and than a run can be redriven.
_KEPT_SECONDS = 15 * 86_400
# DescribeExecution is eventually consistent: it may show a run as under way whose end EventBridge told.
_LOOKS, _SECONDS_BETWEEN = 6, 2


def count(run: str) -> None:
    """Write the metrics of a run whose end was told, if nobody has. A dry run has none.

    No sweep fails for it: the log has the error of a run that could not be counted.
    """
    try:
        with aws.named_errors():
            _count(run)
    except Exception as error:
        logger.warning(
            "run was not counted", extra={"run": run, "reason": f"{type(error).__name__}: {error}"}
        )


def _count(run: str) -> None:
    execution = _over(run)
    if execution is None:
        return
    succeeded = execution["status"] == "SUCCEEDED"
    output = json.loads(execution["output"]) if succeeded else {}
    if succeeded and "timings" not in output:
        return
    spent = history.of_run(run)
    metrics = [Metric("WaitSeconds", spent.seconds, MetricUnit.Seconds), Metric("Throttles", spent.throttles)]
    metrics += _durations(output)
    # All is read by now. Who dies between these two has not counted the run, and nobody counts it twice.
    if _claim(run):
        emf.write(metrics, execution["stopDate"], run=run, status=execution["status"])


def _over(run: str) -> DescribeExecutionOutputTypeDef | None:
    """The run once it is shown to be over; None where Step Functions knows no such run.

    Raises:
        NotYetVisible: it is still shown as under way.
    """
    for look in range(_LOOKS):
        if look:
            time.sleep(_SECONDS_BETWEEN)
        execution = children.find(run)
        if execution is None or execution["status"] != "RUNNING":
            return execution
    raise NotYetVisible(f"{run} has ended and is shown as under way")


def _durations(output: Any) -> Iterator[Metric]:
    """The seconds of each stage that a run had, such as `StopSeconds`, and of its source's downtime."""
    seconds = dict(output.get("timings", {}))
    # 0 where the run did not stop a source, which is no downtime.
    seconds["downtime"] = output.get("source", {}).get("downtimeSeconds") or None
    for stage, value in seconds.items():
        if value is not None:
            yield Metric(f"{stage[0].upper()}{stage[1:]}Seconds", value, MetricUnit.Seconds)


def _claim(run: str) -> bool:
    """Note that the run is counted; False where somebody has noted it."""
    expires = {"N": str(int(time.time()) + _KEPT_SECONDS)}
    with table.if_it_holds():
        aws.client("dynamodb").put_item(
            TableName=table.name(),
            Item={"pk": {"S": _COUNTED + run}, "expiresAt": expires},
            ConditionExpression="attribute_not_exists(pk)",
        )
        return True
    return False
