"""The runs of the workflow, as their callers see them: listed, described, stopped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.api.executions import Run, newest_progress, newest_state, run_of, running_child
from golden_image.errors import FieldError, InvalidInput, RunNotFound, RunOver
from golden_image.run.children import execution_arn
from golden_image.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef, HistoryEventTypeDef

STATUSES = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
USUAL_PAGE, LONGEST_PAGE = 20, 100

# The characters of a name: StartExecution's rules, without those that would change its ARN.
_NAME = re.compile(r"[^\s\x00-\x1f\x7f-\x9f<>{}\[\]?*\"#%\\^|~`$&,;:/]{1,80}")
# A poll is 9 events and a Task's retries are 3 each: the newest state and answer are among these.
_RECENT_EVENTS = 60
_STOPPED = {"error": "Stopped", "cause": "Stopped through the API"}


@dataclass(frozen=True)
class Page:
    """Some runs, newest first, and the token of the next page (None: there is none)."""

    runs: tuple[Run, ...]
    next_token: str | None


def page(limit: int = USUAL_PAGE, next_token: str | None = None, status: str | None = None) -> Page:
    """Runs, newest first; all arguments but next_token stay the same from page to page.

    Raises:
        InvalidInput: the token was not returned by a page of this list within 24 hours.
    """
    query: dict[str, Any] = {"nextToken": next_token, "statusFilter": status}
    given = {key: value for key, value in query.items() if value}
    try:
        page = aws.client("stepfunctions").list_executions(
            stateMachineArn=Settings.from_env().state_machine_arn, maxResults=limit, **given
        )
    except ClientError as error:
        if aws.code(error) != "InvalidToken":
            raise
        raise InvalidInput([FieldError("nextToken", "is not valid: start with the first page")]) from error
    return Page(tuple(run_of(item) for item in page["executions"]), page.get("nextToken"))


def describe(name: str) -> Run:
    """A run with its state and progress, or its output or error.

    Raises:
        RunNotFound: there is no run of that name.
    """
    found = execution(name)
    if found["status"] != "RUNNING":
        return run_of(found)
    events = _newest_events(found["executionArn"])
    return run_of(found, state=newest_state(events), progress=newest_progress(events))


def _newest_events(arn: str) -> list[HistoryEventTypeDef]:
    """The newest events of an execution, newest first: those of the child that it waits for, then its own."""
    events = aws.client("stepfunctions").get_execution_history(
        executionArn=arn, reverseOrder=True, maxResults=_RECENT_EVENTS
    )["events"]
    child = running_child(events)
    return [*_events_of_child(child), *events] if child else events


def _events_of_child(arn: str) -> list[HistoryEventTypeDef]:
    """None of a child that was just started: reads of Step Functions are eventually consistent."""
    try:
        return _newest_events(arn)
    except ClientError as error:
        if aws.code(error) != "ExecutionDoesNotExist":
            raise
        return []


def stop(name: str) -> Run:
    """Abort a run that is open. It is undone afterwards, not by this call.

    Raises:
        RunNotFound: there is no run of that name.
        RunOver: it has ended already.
    """
    found = execution(name)
    if found["status"] != "RUNNING":
        raise RunOver(f"{name} has already ended: {found['status']}")
    try:
        stopped = aws.client("stepfunctions").stop_execution(executionArn=found["executionArn"], **_STOPPED)
    except ClientError as error:
        if aws.code(error) != "ValidationException":
            raise
        raise RunOver(f"{name} ended while it was being stopped") from error
    return run_of({**found, **_STOPPED, "status": "ABORTED", "stopDate": stopped["stopDate"]})


def execution(name: str) -> DescribeExecutionOutputTypeDef:
    """Step Functions' description of the run.

    Raises:
        RunNotFound: there is no run of that name.
    """
    missing = f"there is no run named {name[:80]!r}; Step Functions keeps a run for 90 days after its end"
    if not _NAME.fullmatch(name):
        raise RunNotFound(missing)
    try:
        return aws.client("stepfunctions").describe_execution(executionArn=arn(name))
    except ClientError as error:
        if aws.code(error) not in {"ExecutionDoesNotExist", "InvalidArn"}:
            raise
        raise RunNotFound(missing) from error


def arn(name: str) -> str:
    """The ARN of the run of that name."""
    return execution_arn(Settings.from_env().state_machine_arn, name)
