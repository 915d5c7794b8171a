"""The sweeper: cleans up after ends that no state can catch, and after roll-backs that did not finish."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws, polling
from golden_image.errors import RollBackIncomplete
from golden_image.run import ledger
from golden_image.settings import Settings
from golden_image.undo import undo

if TYPE_CHECKING:
    from collections.abc import Iterable

_NEVER = datetime.fromtimestamp(0, UTC)


def sweep(runs: Iterable[str]) -> list[str]:
    """Undo each of the runs that is over, and release its locks; answers those that are clean now.

    A run that was aborted may have a handler at work until that one's own time-out: its locks are kept,
    and it is looked at again, until it has been over for SETTLE_SECONDS. One run that fails does not keep
    the others.

    Raises:
        RollBackIncomplete: names what could not be undone; the next sweep tries again.
    """
    clean, failures = [], []
    for run in runs:
        try:
            with aws.named_errors():
                if _sweep(run):
                    clean.append(run)
        # Whatever is wrong with one run, such as a row that another version of the stack has written.
        except Exception as error:
            failures.append(f"{run}: {type(error).__name__}: {error}")
    if failures:
        raise RollBackIncomplete("; ".join(failures))
    return clean


def _sweep(run: str) -> bool:
    """Clean up one run, where it is over; whether it is clean now."""
    status, over = _end(run)
    row = ledger.read(run)
    if status == "RUNNING" or row is None:
        return False
    if status == "SUCCEEDED" or row.committed:
        ledger.unlock(run)
        return True
    if not ledger.claim_undo(run):
        return False
    settled = (datetime.now(UTC) - over).total_seconds() > int(Settings.from_env().settle_seconds)
    seconds = polling.SETTLED_AFTER if settled else 0
    if not undo.undo(run, waited=seconds, limit=seconds + 1).done:
        return False
    ledger.unlock(run)
    _tell(run, status)
    return True


def _end(run: str) -> tuple[str, datetime]:
    """How and when the run ended; one that Step Functions has forgotten (after 90 days) ended long ago."""
    try:
        execution = aws.client("stepfunctions").describe_execution(executionArn=run)
    except ClientError as error:
        if aws.code(error) == "ExecutionDoesNotExist":
            return "FORGOTTEN", _NEVER
        raise
    return execution["status"], execution.get("stopDate", _NEVER)


def _tell(run: str, status: str) -> None:
    message = {"run": run, "status": status, "rollBack": "nothing of the run is left, its locks are free"}
    aws.client("sns").publish(
        TopicArn=Settings.from_env().notification_topic_arn,
        Subject="Golden image refresh cleaned up",
        Message=json.dumps(message, indent=2),
    )
