"""One crash-consistent set of snapshots of all the source's volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws, polling, tags
from golden_image.errors import GoldenImageError, SnapshotFailed, SnapshotTimedOut, TryAgain
from golden_image.image import owned
from golden_image.model.image import Snapshot
from golden_image.run import made
from golden_image.step import logger

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import SnapshotTypeDef

    from golden_image.model.check import Check


def create(run: str, instance_id: str, volume_ids: list[str], extra_tags: dict[str, str]) -> list[Snapshot]:
    """Snapshot all volumes at one point in time, or adopt the set that a lost try of this run has made.

    The point in time is fixed when the call returns. CreateSnapshots takes no ClientToken.

    Raises:
        SnapshotFailed: AWS made a set that does not cover the volumes.
        RunSettled: the run was undone meanwhile.
    """
    found = owned.snapshots(run, instance_id, volume_ids)
    adopted = _one_for_each([Snapshot(s["SnapshotId"], s["VolumeId"]) for s in found], volume_ids)
    snapshots = adopted or _create(run, instance_id, extra_tags)
    made.note(run, made.SNAPSHOTS, [one.snapshot_id for one in snapshots])
    if not _one_for_each(snapshots, volume_ids):
        raise SnapshotFailed(
            f"the volumes of {instance_id} changed after the plan, which had {', '.join(volume_ids)}. "
            "Start a new run."
        )
    return snapshots


def _create(run: str, instance_id: str, extra_tags: dict[str, str]) -> list[Snapshot]:
    answer = aws.ec2_once().create_snapshots(
        InstanceSpecification={"InstanceId": instance_id, "ExcludeBootVolume": False},
        Description=owned.description(run, instance_id),
        TagSpecifications=tags.specifications(tags.of_run(run, instance_id, extra_tags), "snapshot"),
    )
    return [Snapshot(s["SnapshotId"], s["VolumeId"]) for s in answer["Snapshots"]]


def _one_for_each(made: list[Snapshot], volume_ids: list[str]) -> list[Snapshot]:
    """The snapshots of exactly these volumes, or nothing."""
    by_volume = {snapshot.volume_id: snapshot for snapshot in made}
    return list(by_volume.values()) if set(by_volume) == set(volume_ids) else []


def check(snapshot_ids: list[str], waited: int, limit: int) -> Check:
    """Whether all snapshots are completed; the progress is the slowest one's.

    Raises:
        SnapshotFailed: one ended in error, with AWS's StateMessage.
        SnapshotTimedOut: not completed after `limit` seconds.
    """
    found = {snapshot["SnapshotId"]: snapshot for snapshot in owned.snapshots_by_id(snapshot_ids)}
    percents = []
    for snapshot_id in snapshot_ids:
        snapshot = found.get(snapshot_id)
        if snapshot is None and waited > polling.VISIBLE_AFTER:
            raise SnapshotFailed(f"{snapshot_id} has disappeared. Something outside this run deleted it.")
        if snapshot and snapshot["State"] not in {"pending", "completed"}:
            reason = snapshot.get("StateMessage") or "no reason given"
            raise SnapshotFailed(f"{snapshot_id} is in state {snapshot['State']}: {reason}")
        completed = snapshot is not None and snapshot["State"] == "completed"
        percents.append(100 if completed else _percent(snapshot))
    slowest = min(percents, default=100)
    if slowest == 100:
        return polling.finished("100%")
    return polling.pending(
        snapshot_ids[0],
        waited,
        limit,
        slowest,
        SnapshotTimedOut(
            f"snapshots {', '.join(snapshot_ids)} are at {slowest}% after {limit} s. "
            "Increase timeouts.snapshot for large volumes."
        ),
    )


def _percent(snapshot: SnapshotTypeDef | None) -> int:
    """Progress of a pending snapshot, 0 to 99; AWS gives a string such as "37%", or an empty one."""
    digits = (snapshot or {}).get("Progress", "").rstrip("%")
    return min(99, int(digits)) if digits.isdigit() else 0


def delete_strays(run: str, instance_id: str, volume_ids: list[str], keep: list[str]) -> None:
    """Delete a second set of snapshots, which a retry created before the first set was visible.

    One that cannot be deleted costs no image: the log names it.

    Raises:
        TryAgain: one of its kinds.
    """
    for snapshot in owned.snapshots(run, instance_id, volume_ids):
        if snapshot["SnapshotId"] not in keep:
            _delete_stray(run, snapshot["SnapshotId"])


def _delete_stray(run: str, snapshot_id: str) -> None:
    try:
        with aws.named_errors():
            delete(snapshot_id)
    except TryAgain:
        raise
    except GoldenImageError as error:
        logger.warning(
            "stray snapshot was not deleted",
            extra={"run": run, "snapshot": snapshot_id, "reason": f"{type(error).__name__}: {error}"},
        )


def delete(snapshot_id: str) -> None:
    """Delete a snapshot; one that is gone already is fine."""
    try:
        aws.client("ec2").delete_snapshot(SnapshotId=snapshot_id)
    except ClientError as error:
        if aws.code(error) != "InvalidSnapshot.NotFound":
            raise
