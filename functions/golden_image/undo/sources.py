"""The sources that are owed: the sweeper tries to start them, until a day after the end of their runs."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from golden_image import aws
from golden_image.errors import SourceNotFound
from golden_image.model.source import RUNNING, STOPPED
from golden_image.run import children, owed
from golden_image.settings import Settings
from golden_image.source import facts, power
from golden_image.step import logger

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

    from golden_image.run.owed import OwedSource

# So long after the end of a run the sweeper tries to start its source.
_OWED_SECONDS = 86_400
# The template's StoppedSourceAlarm counts the log's lines with this message.
_STILL_STOPPED = "source is still stopped"
# StateTransitionReason of an instance that was stopped by a call.
_STOPPED_AT = re.compile(r"User initiated \((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) GMT\)")


def start_all() -> None:
    """Try to start every owed source, and forget those that run again.

    One that cannot be looked at does not keep the others; the log has its error.
    """
    for source in owed.every():
        try:
            with aws.named_errors():
                _return(source)
        except Exception as error:
            logger.warning(
                "owed source was not started",
                extra={
                    "run": source.run,
                    "source": source.instance_id,
                    "reason": f"{type(error).__name__}: {error}",
                },
            )


def _return(source: OwedSource) -> None:
    try:
        instance = facts.find(source.instance_id)
    except SourceNotFound:
        owed.settle(source)
        return
    state = instance["State"]["Name"]
    if state in {RUNNING, *power.LOST} or _stopped_by_somebody(instance, source):
        owed.settle(source)
        return
    since_end = _seconds_since_end(source.run)
    if since_end > _OWED_SECONDS:
        _give_up(source)
        return
    if since_end:
        logger.warning(_STILL_STOPPED, extra=_named(source))
    if state == STOPPED and owed.claim(source):
        try:
            power.start(source.instance_id)
        finally:
            owed.release(source)


def _stopped_by_somebody(instance: InstanceTypeDef, source: OwedSource) -> bool:
    """Whether the source has run after the last try, and somebody stopped it: that is not fought."""
    if by_call := _STOPPED_AT.match(instance.get("StateTransitionReason", "")):
        stopped_at = datetime.fromisoformat(by_call[1]).replace(tzinfo=UTC).timestamp()
        return stopped_at >= source.tried_at
    return instance.get("StateReason", {}).get("Code") == "Client.InstanceInitiatedShutdown"


def _seconds_since_end(run: str) -> int:
    """Seconds since the end of a run; 0 while it is under way. One that AWS has forgotten ended long ago."""
    execution = children.find(run)
    if execution is None:
        return _OWED_SECONDS + 1
    if "stopDate" not in execution:
        return 0
    return max(1, int(time.time() - execution["stopDate"].timestamp()))


def _give_up(source: OwedSource) -> None:
    """Tell people, and forget the source."""
    group = re.sub(r"[^ -~]", "?", source.group)[:40]
    aws.client("sns").publish(
        TopicArn=Settings.from_env().notification_topic_arn,
        Subject=f"golden image of {group}: source {source.instance_id} stays STOPPED",
        Message=f"The source {source.instance_id} of the group {source.group} is stopped. "
        f"EC2 had no capacity to start it until a day after the end of its run: {source.reason}.\n\n"
        "What to do: start it by hand, or change its instance type. Nothing tries to start it any more.\n\n"
        f"Run: {source.run}\n",
    )
    owed.settle(source)
    logger.warning("source was given up", extra=_named(source))


def _named(source: OwedSource) -> dict[str, str]:
    return {"run": source.run, "group": source.group, "source": source.instance_id}
