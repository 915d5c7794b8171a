"""The end of the canary, with all of its volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws, polling, tags
from golden_image.errors import CanaryTimedOut, RequestRefused
from golden_image.prove_image import found
from golden_image.run import changes

if TYPE_CHECKING:
    from golden_image.model.check import Check
    from golden_image.model.made import Made

_ENDING, _ENDED = "shutting-down", "terminated"


def check(run: str, waited: int, limit: int) -> Check:
    """End the canary, and say whether it and its volumes are gone.

    Raises:
        CanaryTimedOut: something of it is still there after `limit` seconds; the undo goes on.
        RunSettled: the run is being undone, which ends the canary, or over.
    """
    left = end(run, changes.refuse_settled(run))
    if not left:
        return polling.finished("ended")
    told = ", ".join(left)
    message = f"the canary has passed, and is still there after {limit} s: {told}"
    return polling.pending(run, waited, limit, told, CanaryTimedOut(message))


def end(run: str, of_run: Made) -> list[str]:
    """Terminate the run's canary, delete the volumes that outlive it, and tell what is still there.

    Args:
        of_run: what the run's calls have answered so far.

    Raises:
        RequestRefused: it has lost the stack's tag, or is protected; with the command that ends it.
    """
    left = []
    volumes = set(of_run.canary_volumes)
    shown = {one["InstanceId"]: one for one in found.instances(run, of_run)}
    # A read may be behind: what a call has answered is ended by its id.
    for instance_id in sorted(shown.keys() | of_run.canaries):
        instance: Any = shown.get(instance_id, {})
        state = instance.get("State", {}).get("Name")
        if state not in {_ENDING, _ENDED}:
            found.note_volumes(run, instance)
            volumes |= found.volumes(instance)
        if state == _ENDING or (state != _ENDED and _terminate(instance_id)):
            left.append(instance_id)
    return left + _delete(run, of_run, volumes)


def _terminate(instance_id: str) -> bool:
    """Terminate a canary; False where there is none of that id any more."""
    try:
        aws.client("ec2").terminate_instances(InstanceIds=[instance_id])
    except ClientError as error:
        if aws.code(error) == "InvalidInstanceID.NotFound":
            return False
        raise _explained(error, f"aws ec2 terminate-instances --instance-ids {instance_id}") from error
    return True


def _delete(run: str, of_run: Made, ids: set[str]) -> list[str]:
    """Delete those that no instance has any more; those that are still there.

    A volume that somebody has attached to the canary is none of the run's.
    """
    if not ids:
        return []
    pages = aws.client("ec2").get_paginator("describe_volumes")
    left = [
        volume
        for page in pages.paginate(Filters=[{"Name": "volume-id", "Values": sorted(ids)}])
        for volume in page["Volumes"]
        if tags.owned_by(run, volume) or volume.get("SnapshotId") in of_run.snapshot_ids
    ]
    for volume in left:
        if volume["State"] == "available":
            _delete_one(volume["VolumeId"])
    return [volume["VolumeId"] for volume in left]


def _delete_one(volume_id: str) -> None:
    try:
        aws.client("ec2").delete_volume(VolumeId=volume_id)
    except ClientError as error:
        if aws.code(error) != "InvalidVolume.NotFound":
            raise _explained(error, f"aws ec2 delete-volume --volume-id {volume_id}") from error


def _explained(error: ClientError, command: str) -> ClientError | RequestRefused:
    """The error; where this stack may not end what is the canary's, with the command that does."""
    if aws.code(error) not in aws.DENIED:
        return error
    return RequestRefused(
        f"what is the canary's has lost the tag {tags.CANARY} or {tags.STACK}, without which this stack may "
        f"not end it: {command}"
    )
