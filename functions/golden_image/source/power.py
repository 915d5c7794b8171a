"""The source's power state: stopped for its snapshots, and started again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws, polling
from golden_image.errors import SourceLost, SourceStopTimedOut
from golden_image.model.source import STOPPED
from golden_image.source import facts

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

    from golden_image.model.check import Check

# Codes by which EC2 says that it cannot run an instance now, and may later: its hardware, a reservation, a
# Dedicated Host or the account's quota is used up. From AWS's error codes of the EC2 API. Of Unsupported it
# says: "an Availability Zone that currently has constraints on that instance type"; the source has run in it.
_NO_CAPACITY = {
    "InstanceLimitExceeded",
    "InsufficientCapacity",
    "InsufficientCapacityOnHost",
    "InsufficientHostCapacity",
    "InsufficientInstanceCapacity",
    "InsufficientReservedInstanceCapacity",
    "ReservationCapacityExceeded",
    "Unsupported",
    "VcpuLimitExceeded",
}
# The states from which no instance comes back.
LOST = {"shutting-down", "terminated"}


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
    refuse_lost(instance_id, found)
    return polling.pending(
        instance_id,
        waited,
        limit,
        found,
        SourceStopTimedOut(
            f"{instance_id} is still {found} after {limit} s. Read its system log, or increase timeouts.stop."
        ),
    )


def refuse_lost(instance_id: str, found: str) -> None:
    """Raise SourceLost for a state from which no instance comes back."""
    if found in LOST:
        raise SourceLost(f"{instance_id} is {found}: something outside this run terminated it.")


def start(instance_id: str) -> str | None:
    """Start the source. A running source keeps running.

    Answers EC2's reason where it has no capacity for the source now, else None.
    """
    try:
        aws.client("ec2").start_instances(InstanceIds=[instance_id])
    except ClientError as error:
        if aws.code(error) not in _NO_CAPACITY:
            raise
        return f"{aws.code(error)}: {error.response['Error'].get('Message', '')}"
    return None


def shortage(instance: InstanceTypeDef) -> str | None:
    """EC2's reason where it accepted a start, and put the instance back to stopped for lack of capacity."""
    reason = instance.get("StateReason", {})
    if reason.get("Code", "").removeprefix("Server.") not in _NO_CAPACITY:
        return None
    return reason.get("Message", reason["Code"])
