"""Runs of the state machine as their callers see them: start, list, describe, stop."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.errors import (
    FieldError,
    IdempotencyKeyReused,
    InvalidInput,
    RefreshNotFound,
    RefreshOver,
    ServiceUnavailable,
)
from golden_image.executions import (
    Refresh,
    decoded,
    iso_time,
    newest_progress,
    newest_state,
    refresh,
    running_child,
)
from golden_image.request import RefreshRequest, parse

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef, HistoryEventTypeDef

STATUSES = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
USUAL_PAGE, LONGEST_PAGE = 20, 100

# What a name may hold: StartExecution's rules, without what would make another ARN of it.
_NAME = re.compile(r"[^\s\x00-\x1f\x7f-\x9f<>{}\[\]?*\"#%\\^|~`$&,;:/]{1,80}")
# A poll is 9 events and a Task's retries are 3 each: the newest state and answer are among these.
_RECENT_EVENTS = 60
_STOPPED = {"error": "Stopped", "cause": "Stopped through the API"}


@dataclass(frozen=True)
class Page:
    """Some runs, newest first, and the token of the next page (None: there is none)."""

    refreshes: tuple[Refresh, ...]
    next_token: str | None


@dataclass(frozen=True)
class ScheduledStart:
    """The one run of a scheduled time, group and source, whichever delivery has started it."""

    name: str
    execution_arn: str


@dataclass(frozen=True)
class Refreshes:
    """The runs of one state machine."""

    state_machine_arn: str
    default_group_name: str | None

    @classmethod
    def from_env(cls) -> Refreshes:
        """Those of this function's stack."""
        return cls(os.environ["STATE_MACHINE_ARN"], os.environ.get("DEFAULT_GROUP_NAME") or None)

    def start(self, raw: object, idempotency_key: str | None = None) -> Refresh:
        """Start a run, or find the one that the same key and input started in the last 90 days.

        Raises:
            InvalidInput: from the input or the key; nothing was started.
            IdempotencyKeyReused: the key belongs to a run with another input.
            ServiceUnavailable: the key's run is not shown yet; the same request answers in some seconds.
        """
        request = parse(raw, self.default_group_name)
        name = _fresh_name(request) if idempotency_key is None else _name_of_key(idempotency_key)
        started_at = self._begin(name, raw)
        if started_at:
            return Refresh(name, self._arn(name), "RUNNING", started_at)
        try:
            earlier = self._execution(name)
        except RefreshNotFound as error:
            # DescribeExecution is eventually consistent; the name is known to be taken.
            raise ServiceUnavailable(f"run {name} exists, but AWS does not show it yet") from error
        if decoded(earlier.get("input")) != raw:
            raise IdempotencyKeyReused(
                f"run {name} was started with this Idempotency-Key and another input; take a new key"
            )
        return refresh(earlier)

    def start_scheduled(self, event: dict[str, Any]) -> ScheduledStart:
        """Start the run of a schedule's event, once for each scheduled time however often it is delivered.

        Args:
            event: scheduledTime (ISO 8601), input, and the sourceInstanceId of an input that names none.

        Raises:
            InvalidInput: from the event; Lambda retries it and then hands it to the dead-letter queue.
        """
        raw = event.get("input", {})
        if isinstance(raw, dict) and event.get("sourceInstanceId"):
            raw = {"sourceInstanceId": event["sourceInstanceId"], **raw}
        request = parse(raw, self.default_group_name)
        subject = f"{request.auto_scaling_group_name}:{request.source_instance_id}"
        name = f"schedule-{_compact_time(event.get('scheduledTime'))}-{_digest(subject)[:12]}"
        self._begin(name, raw)
        return ScheduledStart(name, self._arn(name))

    def list(self, limit: int = USUAL_PAGE, next_token: str | None = None, status: str | None = None) -> Page:
        """Runs, newest first; all arguments but next_token stay the same from page to page.

        Raises:
            InvalidInput: the token is not one that a page of this list gave within 24 hours.
        """
        query: dict[str, Any] = {"nextToken": next_token, "statusFilter": status}
        given = {key: value for key, value in query.items() if value}
        try:
            page = aws.client("stepfunctions").list_executions(
                stateMachineArn=self.state_machine_arn, maxResults=limit, **given
            )
        except ClientError as error:
            if aws.code(error) != "InvalidToken":
                raise
            raise InvalidInput(
                [FieldError("nextToken", "is not valid any more: begin with page 1")]
            ) from error
        return Page(tuple(refresh(item) for item in page["executions"]), page.get("nextToken"))

    def describe(self, name: str) -> Refresh:
        """A run with its state and progress, or its output or error.

        Raises:
            RefreshNotFound: there is no run of that name.
        """
        execution = self._execution(name)
        if execution["status"] != "RUNNING":
            return refresh(execution)
        events = _newest_events(execution["executionArn"])
        return refresh(execution, state=newest_state(events), progress=newest_progress(events))

    def stop(self, name: str) -> Refresh:
        """Abort a run that is under way; what it made so far is undone afterwards, not by this call.

        Raises:
            RefreshNotFound: there is no run of that name.
            RefreshOver: it has ended already.
        """
        execution = self._execution(name)
        if execution["status"] != "RUNNING":
            raise RefreshOver(f"{name} has ended already: {execution['status']}")
        try:
            stopped = aws.client("stepfunctions").stop_execution(
                executionArn=execution["executionArn"], **_STOPPED
            )
        except ClientError as error:
            if aws.code(error) != "ValidationException":
                raise
            raise RefreshOver(f"{name} ended while it was being stopped") from error
        return refresh({**execution, **_STOPPED, "status": "ABORTED", "stopDate": stopped["stopDate"]})

    def _begin(self, name: str, raw: object) -> str | None:
        """The time of the start; None where AWS knows a run of that name already."""
        text = json.dumps(raw, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        try:
            begun = aws.client("stepfunctions").start_execution(
                stateMachineArn=self.state_machine_arn, name=name, input=text
            )
        except ClientError as error:
            if aws.code(error) != "ExecutionAlreadyExists":
                raise
            return None
        return iso_time(begun["startDate"])

    def _execution(self, name: str) -> DescribeExecutionOutputTypeDef:
        missing = f"there is no run named {name[:80]!r}; AWS forgets a run 90 days after its end"
        if not _NAME.fullmatch(name):
            raise RefreshNotFound(missing)
        try:
            return aws.client("stepfunctions").describe_execution(executionArn=self._arn(name))
        except ClientError as error:
            if aws.code(error) not in {"ExecutionDoesNotExist", "InvalidArn"}:
                raise
            raise RefreshNotFound(missing) from error

    def _arn(self, name: str) -> str:
        return f"{self.state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"


def _newest_events(arn: str) -> list[HistoryEventTypeDef]:
    """The newest events of an execution, newest first: those of the child that it waits for, then its own."""
    events = aws.client("stepfunctions").get_execution_history(
        executionArn=arn, reverseOrder=True, maxResults=_RECENT_EVENTS
    )["events"]
    child = running_child(events)
    return [*_newest_events(child), *events] if child else events


def _fresh_name(request: RefreshRequest) -> str:
    group = re.sub(r"[^0-9A-Za-z_-]+", "-", request.auto_scaling_group_name)[:50]
    return f"{group}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}"


def _name_of_key(key: str) -> str:
    if not 0 < len(key) <= 255:
        raise InvalidInput([FieldError("Idempotency-Key", f"must have 1 to 255 characters, has {len(key)}")])
    return f"api-{_digest(key)[:40]}"


def _compact_time(value: object) -> str:
    """`2026-11-22T03:00:00Z` as `20261122T030000Z`, for a run's name may not hold a colon."""
    try:
        moment = datetime.fromisoformat(str(value))
        return f"{(moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC):%Y%m%dT%H%M%SZ}"
    except (ValueError, OverflowError) as error:
        message = f"must be an ISO 8601 time, such as 2026-11-22T03:00:00Z, found {str(value)[:80]!r}"
        raise InvalidInput([FieldError("scheduledTime", message)]) from error


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
