"""The source's power state: stopped for its snapshots, and started again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import aws, polling
from golden_image.errors import SourceLost, SourceReturnTimedOut, SourceStopTimedOut
from golden_image.model.source import RUNNING, STOPPED
from golden_image.source import facts

if TYPE_CHECKING:
    from golden_image.model.check import Check


def state(instance_id: str) -> str:
    """EC2's name of the instance's state now, such as `stopping`."""
    return facts.find(instance_id)["State"]["Name"]


def stop(instance_id: str) -> None:
    """Stop the source. A stopped source stays stopped. Never hibernates."""
    aws.client("ec2").stop_instances(InstanceIds=[instance_id])


def check_stopped(instance_id: str, waited: int, limit: int) -> Check:
    """Whether the source is stopped.

    Raises:
        SourceLost: it was terminated.
        SourceStopTimedOut: it is not stopped after `limit` seconds.
    """
    found = state(instance_id)
    if found == STOPPED:
        return polling.finished(found)
    _refuse_lost(instance_id, found)
    return polling.pending(
        instance_id,
        waited,
        limit,
        found,
        SourceStopTimedOut(
            f"{instance_id} is still {found} after {limit} s. Read its system log, or increase timeouts.stop."
        ),
    )


def _refuse_lost(instance_id: str, found: str) -> None:
    if found in {"shutting-down", "terminated"}:
        raise SourceLost(f"{instance_id} is {found}: something outside this run terminated it.")


def start(instance_id: str) -> None:
    """Start the source. A running source keeps running."""
    aws.client("ec2").start_instances(InstanceIds=[instance_id])


def check_returned(instance_id: str, waited: int, limit: int) -> Check:
    """Whether the source is running again.

    Raises:
        SourceLost: it was terminated.
        SourceReturnTimedOut: it is not running after `limit` seconds.
    """
    instance = facts.find(instance_id)
    found = instance["State"]["Name"]
    if found == RUNNING:
        return polling.finished(found)
    _refuse_lost(instance_id, found)
    reason = instance.get("StateReason", {}).get("Message", "no reason given")
    return polling.pending(
        instance_id,
        waited,
        limit,
        found,
        SourceReturnTimedOut(f"{instance_id} is {found}, not running, after {limit} s: {reason}"),
    )
