"""The sweeper: has runs undone that are over and not cleaned up, starts owed sources, writes metrics."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws, events
from golden_image.errors import ResourceBusy, RollBackIncomplete, RunSettled
from golden_image.generation import commit
from golden_image.metrics import ends, kept
from golden_image.model.generation import GenerationImage
from golden_image.model.launch_template import LaunchTemplate
from golden_image.run import children, ledger
from golden_image.undo import sources

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

    from golden_image.run.ledger import Row

# How Step Functions names a run that has succeeded or goes on, and this module one that is forgotten.
_RUNNING, _SUCCEEDED, _FORGOTTEN = "RUNNING", "SUCCEEDED", "FORGOTTEN"


def sweep_all() -> list[str]:
    """Sweep every run that has a row, as `sweep` does; start owed sources; measure what is kept."""
    try:
        return sweep(ledger.open_runs())
    finally:
        sources.start_all()
        kept.measure()


def sweep_ended(run: str) -> list[str]:
    """Sweep a run that has just ended, as `sweep` does, and count it."""
    try:
        return sweep([run])
    finally:
        ends.count(run)


def sweep(runs: Iterable[str]) -> list[str]:
    """Unlock each of the runs that is over and needs no undo, and have the others undone.

    Answers those that it has unlocked; the others are unlocked at the end of their undo. One run that fails
    does not keep the others.

    Raises:
        RollBackIncomplete: names what could not be undone; the next attempt is under way.
    """
    clean, failures = [], []
    for run in runs:
        try:
            with aws.named_errors():
                if _sweep(run):
                    clean.append(run)
        # Any error of one run, such as a row that another version of the stack has written.
        except Exception as error:
            failures.append(f"{run}: {type(error).__name__}: {error}")
    if failures:
        raise RollBackIncomplete("; ".join(failures))
    return clean


def _sweep(run: str) -> bool:
    """Clean up one run, where it is over; whether it is unlocked now.

    A run that has succeeded although its commit failed is committed here.
    """
    execution = children.find(run)
    end, row = _end(execution), ledger.read(run)
    if end["status"] == _RUNNING or row is None:
        return False
    if execution and end["status"] == _SUCCEEDED and not row.committed:
        _commit(run, execution)
    if end["status"] == _SUCCEEDED or row.committed or _undone(run, row, end):
        ledger.unlock(run)
        return True
    return False


def _commit(run: str, execution: DescribeExecutionOutputTypeDef) -> None:
    """Write the generation that a run's own commit could not write, of what its output tells.

    Another sweep may do the same in this moment: one is started by the end, others by the schedule.
    """
    output = json.loads(execution["output"])
    try:
        commit.commit(
            run,
            events.from_event(GenerationImage, output["image"]),
            events.from_event(LaunchTemplate, output["launchTemplate"]),
            execution["startDate"].astimezone(UTC).isoformat(timespec="milliseconds"),
        )
    except (ResourceBusy, RunSettled):
        row = ledger.read(run)
        if row and not row.committed:
            raise


def _end(execution: DescribeExecutionOutputTypeDef | None) -> dict[str, Any]:
    """How a run ended, as the undo tells it. Its cause is left out: a fault of an expression quotes data."""
    if execution is None:
        return {"status": _FORGOTTEN}
    end: dict[str, Any] = {"status": execution["status"]}
    if execution.get("error"):
        end["error"] = execution["error"]
    if execution.get("stopDate"):
        end["seconds"] = int((execution["stopDate"] - execution["startDate"]).total_seconds())
    return end


def _undone(run: str, row: Row, end: dict[str, Any]) -> bool:
    """Whether the run's newest undo has succeeded. Starts it if there is none, or the next one if it failed.

    Raises:
        RollBackIncomplete: the newest undo failed, with its error; the next one was started.
    """
    undo = children.find(children.execution_arn(row.undo, _name(run, row.undo_attempt)))
    if undo is None:
        _start(run, row, row.undo_attempt, end)
        return False
    if undo["status"] in {_RUNNING, _SUCCEEDED}:
        return undo["status"] == _SUCCEEDED
    if not ledger.count_undo(run, failed=row.undo_attempt):
        return False
    _start(run, row, row.undo_attempt + 1, end)
    # An undo that somebody stopped, with its run or alone, has not failed.
    if undo["status"] == "ABORTED":
        return False
    failed = [undo["status"], undo.get("error"), undo.get("cause")]
    raise RollBackIncomplete(f"undo {row.undo_attempt} ended {': '.join(filter(None, failed))}")


def _name(run: str, attempt: int) -> str:
    return children.child_name(run, children.UNDO, attempt)


def _start(run: str, row: Row, attempt: int, end: dict[str, Any]) -> None:
    """Start an undo of the run, which ended so. One that another sweep started is left alone."""
    # A way back has no source.
    source = row.plan.get("source", {}).get("instanceId")
    about = {"group": row.plan["group"]["name"], **({"source": source} if source else {})}
    given = {"name": _name(run, attempt), "input": json.dumps({"run": run, **end, **about})}
    steps = aws.client("stepfunctions")
    try:
        steps.start_execution(stateMachineArn=row.undo, **given)
    except ClientError as error:
        if aws.code(error) == "StateMachineDoesNotExist":
            # Somebody deleted the version that the run began with; the newest is better than none.
            steps.start_execution(stateMachineArn=row.undo.rpartition(":")[0], **given)
        elif aws.code(error) != "ExecutionAlreadyExists":
            raise
