"""EventBridge and its Scheduler: schedules, their events, and lost deliveries."""

from __future__ import annotations

import json
import logging
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ministack.core.arn import parse_arn
from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import eventbridge, lambda_svc, scheduler

from sandbox.ministack.permissions import may
from sandbox.ministack.scale import REAL_SCALE

_TICK_SECONDS = 0.5
_log = logging.getLogger(__name__)
_last: dict[tuple[str, float], datetime] = {}


def install() -> None:
    """Put this module's functions in the place of MiniStack's."""
    scheduler._tick_schedules = _tick
    scheduler._SCHEDULE_TICK_INTERVAL = _TICK_SECONDS
    eventbridge._dispatch_to_lambda = _invoke_later


def _tick() -> None:
    """Fire what is due: like MiniStack's own, with time zones and context attributes."""
    now = datetime.now(UTC)
    for (account, region, _), schedule in list(scheduler._schedules._data.items()):
        if schedule["State"] != "ENABLED":
            continue
        set_request_account_id(account)
        set_request_region(region)
        # An update restarts the schedule.
        key = schedule["Arn"], schedule["LastModificationDate"]
        after = _last.setdefault(key, datetime.fromtimestamp(schedule["LastModificationDate"], UTC))
        due = next_occurrence(schedule, after)
        if due is not None and due <= now:
            _last[key] = due
            _fire(schedule, due)


def next_occurrence(schedule: dict[str, Any], after: datetime) -> datetime | None:
    """The first time after `after` that a schedule names, in its own time zone; None when there is none.

    A rate is one of handlers, and goes by their scale.
    """
    expression = schedule["ScheduleExpression"]
    zone = ZoneInfo(schedule.get("ScheduleExpressionTimezone") or "UTC")
    if expression.startswith("at("):
        at = datetime.fromisoformat(expression[3:-1]).replace(tzinfo=zone)
        return at if at > after else None
    if interval := eventbridge._parse_rate_seconds(expression):
        return after + timedelta(seconds=interval * REAL_SCALE)
    fields = eventbridge._parse_cron_fields(expression)
    return eventbridge._cron_next_fire(fields, after.astimezone(zone)) if fields else None


def _fire(schedule: dict[str, Any], due: datetime) -> None:
    """Hand the target its Input, with the context attributes filled in; what cannot be handed over is dead.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
    """
    target = schedule["Target"]
    attributes = {
        "schedule-arn": schedule["Arn"],
        "scheduled-time": due.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "execution-id": uuid.uuid4().hex[:16],
        "attempt-number": "1",
    }
    payload = target.get("Input") or "{}"
    for name, value in attributes.items():
        payload = payload.replace(f"<aws.scheduler.{name}>", value)
    if parse_arn(target["Arn"]).service != "lambda":
        eventbridge._invoke_target({**target, "Input": payload}, {"Source": "aws.scheduler"}, schedule)
        return
    known, _, _ = lambda_svc._get_func_record_for_ref(target["Arn"])
    if known and may(target["RoleArn"], "lambda:InvokeFunction", target["Arn"]):
        _invoke_later(target["Arn"], payload)
    elif queue := target.get("DeadLetterConfig", {}).get("Arn"):
        eventbridge._dispatch_to_sqs(parse_arn(queue), payload)
    else:
        _log.warning("%s cannot invoke %s, and has no dead-letter queue", schedule["Arn"], target["Arn"])


def _invoke_later(arn: str, payload: str) -> None:
    """EventBridge and its Scheduler invoke functions asynchronously: with its retries and destinations."""
    function, config, name = lambda_svc._get_func_record_for_ref(arn)
    if not function or not config:
        _log.warning("no function %s", name)
        return
    record = lambda_svc._execution_record_for_config(function, config)
    lambda_svc.invoke_async_with_retry(record, json.loads(payload))
