"""The return of the source to running: waited for in the run, and owed after it where EC2 has no capacity.

EC2 says so in two ways: it refuses StartInstances, or it accepts the call and puts the instance back to
stopped, with the reason `Server.InsufficientInstanceCapacity` (StateReason in the EC2 API Reference).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from golden_image import polling
from golden_image.errors import SourceReturnTimedOut
from golden_image.model.source import RUNNING, STOPPED
from golden_image.run import owed
from golden_image.run.owed import OwedSource
from golden_image.source import facts, power

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

    from golden_image.model.check import Check

# So long a run itself tries to start a source for which EC2 has no capacity.
_TRIES_SECONDS = 120


@dataclass(frozen=True)
class Look:
    """The source before its run ends: whether it runs, and in words what else there is to say."""

    running: bool
    said: str


def start_again(instance: InstanceTypeDef) -> str | None:
    """Start an instance that is stopped; EC2's reason where it has no capacity for it, else None."""
    return power.start(instance["InstanceId"]) or power.shortage(instance)


def check(run: str, group_name: str, instance_id: str, waited: int, limit: int) -> Check:
    """Whether the source is running again: `running`, or given up for this run and owed.

    Raises:
        SourceLost: it was terminated.
        SourceReturnTimedOut: it is not running after `limit` seconds, for another reason than capacity.
    """
    instance = facts.find(instance_id)
    found = instance["State"]["Name"]
    if found == RUNNING:
        return polling.finished(found)
    power.refuse_lost(instance_id, found)
    shortage = start_again(instance) if found == STOPPED else None
    if shortage and waited >= min(limit, _TRIES_SECONDS):
        owed.owe(OwedSource(instance_id, run, group_name, shortage))
        return polling.finished(f"{found}: {shortage}")
    reason = instance.get("StateReason", {}).get("Message", "no reason given")
    return polling.pending(
        instance_id,
        waited,
        limit,
        found,
        SourceReturnTimedOut(f"{instance_id} is {found}, not running, after {limit} s: {reason}"),
    )


def look(instance_id: str) -> Look:
    """How an owed source is now.

    Raises:
        SourceNotFound: there is none of that id.
    """
    state = power.state(instance_id)
    noted = owed.find(instance_id)
    if state in {RUNNING, *power.LOST} or noted is None:
        return Look(state == RUNNING, f"the source {instance_id} is {state}")
    return Look(
        running=False,
        said=f"the source {instance_id} is still {state}: EC2 had no capacity for it ({noted.reason}). "
        "The sweeper tries to start it until a day after the end of the run",
    )
