"""Runs are started here: by callers of the API, and by the schedule."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from uuid import uuid4

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.api import runs
from golden_image.api.executions import Run, decoded, iso_time, run_of
from golden_image.errors import (
    FieldError,
    IdempotencyKeyReused,
    InvalidInput,
    RunNotFound,
    ServiceUnavailable,
)
from golden_image.run import starter as started_by
from golden_image.run.request import GO_BACK_TO, RunRequest, WayBackRequest, parse
from golden_image.settings import Settings

# StartExecution's own limit, in UTF-8.
_MOST_INPUT_BYTES = 262_144
_GROUP = "autoScalingGroupName"


@dataclass(frozen=True)
class ScheduledStart:
    """The one run of a scheduled time, group and source, whichever delivery has started it."""

    name: str
    execution_arn: str


def start(raw: object, idempotency_key: str | None = None, caller: str | None = None) -> Run:
    """Start a run, or find the one that the same key and input started in the last 90 days.

    Args:
        caller: the ARN of who asks for it, which the run's generation tells; None where that is not known.

    Raises:
        InvalidInput: from the input or the key; nothing was started.
        IdempotencyKeyReused: the key belongs to a run with another input.
        ServiceUnavailable: the key's run is not shown yet; the same request answers in some seconds.
    """
    request = parse(raw, Settings.from_env().default_group_name)
    name = _fresh_name(request) if idempotency_key is None else _name_of_key(idempotency_key)
    started_at = _begin(name, raw, caller)
    if started_at:
        return Run(name, runs.arn(name), "RUNNING", started_at)
    try:
        earlier = runs.execution(name)
    except RunNotFound as error:
        # DescribeExecution is eventually consistent; the name is known to be taken.
        raise ServiceUnavailable(f"run {name} exists, but is not visible yet") from error
    if decoded(earlier.get("input")) != raw:
        raise IdempotencyKeyReused(
            f"run {name} was started with this Idempotency-Key and a different input; use a new key"
        )
    return run_of(earlier)


def start_scheduled(scheduled_time: object, raw: object, source_instance_id: object) -> ScheduledStart:
    """Start the run of a scheduled time, once however often its event is delivered.

    Args:
        scheduled_time: in ISO 8601.
        raw: the run's input.
        source_instance_id: the source of an input that names none; None where it has to name one.

    Raises:
        InvalidInput: from the event; Lambda retries it and then hands it to the dead-letter queue.
    """
    if isinstance(raw, dict) and source_instance_id:
        raw = {"sourceInstanceId": source_instance_id, **raw}
    request = parse(raw, Settings.from_env().default_group_name)
    of = request.go_back_to if isinstance(request, WayBackRequest) else request.source_instance_id
    time, subject = _compact_time(scheduled_time), f"{request.auto_scaling_group_name}:{of}"
    name = f"schedule-{time}-{_digest(subject)[:12]}"
    _begin(name, raw, f"schedule of {time}")
    return ScheduledStart(name, runs.arn(name))


def go_back(group_name: str, raw: object, idempotency_key: str | None, caller: str | None) -> Run:
    """Start a way back of the group, as `start` does; raw is the run's input but for the group's name.

    Raises:
        InvalidInput: also where the body names another group, or does not say where to go back to.
        IdempotencyKeyReused, ServiceUnavailable: as for `start`.
    """
    if not isinstance(raw, dict):
        raise InvalidInput([FieldError("", 'must be a JSON object, such as {"goBackTo": "previous"}')])
    if raw.get(_GROUP, group_name) != group_name:
        raise InvalidInput([FieldError(_GROUP, "is not the group of the path; leave it out")])
    if GO_BACK_TO not in raw:
        raise InvalidInput([FieldError(GO_BACK_TO, "is required: the number of a generation, or previous")])
    return start({**raw, _GROUP: group_name}, idempotency_key, caller)


def _begin(name: str, raw: object, starter: str | None) -> str | None:
    """The time of the start; None where AWS knows a run of that name already."""
    text = json.dumps(raw, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    size = len(text.encode())
    if size > _MOST_INPUT_BYTES:
        message = f"has {size} bytes as JSON; Step Functions takes {_MOST_INPUT_BYTES} at most"
        raise InvalidInput([FieldError("", message)])
    if starter:
        started_by.note(runs.arn(name), starter)
    try:
        begun = aws.client("stepfunctions").start_execution(
            stateMachineArn=Settings.from_env().state_machine_arn, name=name, input=text
        )
    except ClientError as error:
        if aws.code(error) != "ExecutionAlreadyExists":
            raise
        return None
    return iso_time(begun["startDate"])


def _fresh_name(request: RunRequest | WayBackRequest) -> str:
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
