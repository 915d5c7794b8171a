"""Whether the canary is running, and passes all of its status checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws, polling
from golden_image.errors import CanaryFailed, CanaryTimedOut, SourceNotFound
from golden_image.model.source import RUNNING
from golden_image.prove_image import found
from golden_image.run_document import output
from golden_image.source import facts

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

    from golden_image.model.check import Check

# EC2's status checks, and the answers with which one does not keep the canary.
_CHECKS = {"system": "SystemStatus", "instance": "InstanceStatus", "attached EBS": "AttachedEbsStatus"}
_PASSED, _FAILED = {"ok", "not-applicable"}, "impaired"


def check(run: str, instance_id: str, waited: int, limit: int) -> Check:
    """Whether the canary is running and all of its status checks are `ok`.

    Notes its volumes, so that those are known that would outlive it.

    Raises:
        CanaryFailed: it is not running any more, or a check is `impaired`; with the end of its console.
        CanaryTimedOut: it was not proven after `limit` seconds.
    """
    instance = _described(instance_id)
    if instance is None and waited > polling.VISIBLE_AFTER:
        raise CanaryFailed(f"the canary {instance_id} has disappeared. Something outside this run ended it.")
    state = instance["State"]["Name"] if instance else "not visible yet"
    if instance:
        found.note_volumes(run, instance)
    if instance and state not in {RUNNING, "pending"}:
        reason = instance.get("StateReason", {}).get("Message") or "no reason given"
        raise _failed(instance_id, f"the canary {instance_id} is {state}: {reason}.")
    statuses = _statuses(instance_id) if state == RUNNING else {}
    impaired = [name for name, status in statuses.items() if status == _FAILED]
    if impaired:
        failing = " and ".join(impaired)
        raise _failed(instance_id, f"the {failing} status check of the canary {instance_id} is impaired.")
    if statuses and all(status in _PASSED for status in statuses.values()):
        return polling.finished("all status checks are ok")
    told = ", ".join(f"{name} {status}" for name, status in statuses.items())
    progress = f"{state}: {told}" if told else state
    message = f"the canary {instance_id} is {progress} after {limit} s."
    if waited >= limit:
        message = _with_console(instance_id, message)
    return polling.pending(instance_id, waited, limit, progress, CanaryTimedOut(message))


def _described(instance_id: str) -> InstanceTypeDef | None:
    try:
        return facts.find(instance_id)
    except SourceNotFound:
        return None


def _statuses(instance_id: str) -> dict[str, str]:
    """The checks with their statuses; none where EC2 shows nothing of the instance yet."""
    try:
        answer = aws.client("ec2").describe_instance_status(InstanceIds=[instance_id])["InstanceStatuses"]
    except ClientError as error:
        if aws.code(error) != "InvalidInstanceID.NotFound":
            raise
        return {}
    if not answer:
        return {}
    shown = dict(answer[0])
    named = {name: shown.get(key) for name, key in _CHECKS.items()}
    return {name: str(one["Status"]) for name, one in named.items() if isinstance(one, dict)}


def _failed(instance_id: str, message: str) -> CanaryFailed:
    return CanaryFailed(_with_console(instance_id, message))


def _with_console(instance_id: str, message: str) -> str:
    return f"{message} {output.console(instance_id)}".rstrip()
