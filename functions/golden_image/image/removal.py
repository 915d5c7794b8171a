"""The removal of an image of a failed run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws, tags
from golden_image.errors import RollBackIncomplete
from golden_image.image import lookup, owned, snapshots
from golden_image.run.made import IMAGES, SNAPSHOTS, note

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import ImageTypeDef, SnapshotTypeDef

    from golden_image.model.made import Made
    from golden_image.model.plan import Plan


def remove(plan: Plan, made: Made) -> bool:
    """Deregister this run's image, then delete its snapshots. Answers whether any of them was there.

    Raises:
        RollBackIncomplete: names what EC2 keeps, since it has lost the tag that lets the stack delete it.
    """
    images = _images(plan, made)
    found = _snapshots(plan, made, images)
    # An image that is gone no longer tells its snapshots, and a later pass has to know them.
    _note(plan.run, IMAGES, {image["ImageId"] for image in images} - made.image_ids)
    _note(plan.run, SNAPSHOTS, {one["SnapshotId"] for one in found} - made.snapshot_ids)
    kept = [text for image in images if (text := _deregister(image))]
    in_use = {one for image in images if kept for one in lookup.snapshot_ids(image)}
    kept += [text for one in found if one["SnapshotId"] not in in_use and (text := _delete(one))]
    if kept:
        raise RollBackIncomplete("; ".join(kept))
    return bool(images or found)


def _note(run: str, kind: str, new: set[str]) -> None:
    if new:
        note(run, kind, new)


def _images(plan: Plan, made: Made) -> list[ImageTypeDef]:
    """The images that the run's calls answered, or that its name finds."""
    found = {image["ImageId"]: image for image in lookup.by_id(made.image_ids)}
    named = lookup.by_name(plan.image.name)
    if named and named["ImageId"] not in found:
        source = plan.source.instance_id
        own = {one["SnapshotId"] for one in owned.snapshots(plan.run, source, _volume_ids(plan))}
        if owned.is_image_of(plan.run, plan.image, source, own | made.snapshot_ids, named):
            found[named["ImageId"]] = named
    return list(found.values())


def _snapshots(plan: Plan, made: Made, images: list[ImageTypeDef]) -> list[SnapshotTypeDef]:
    """The snapshots that the run's calls answered, that its images have, or that their descriptions tell."""
    image_ids = made.image_ids | {image["ImageId"] for image in images}
    known = made.snapshot_ids | {one for image in images for one in lookup.snapshot_ids(image)}
    described = owned.snapshots(plan.run, plan.source.instance_id, _volume_ids(plan))
    found = [*owned.snapshots_by_id(known), *described, *owned.captured(image_ids)]
    return list({one["SnapshotId"]: one for one in found}.values())


def _volume_ids(plan: Plan) -> list[str]:
    return [volume.volume_id for volume in plan.source.volumes]


def _deregister(image: ImageTypeDef) -> str | None:
    """Deregister an image; where EC2 refuses it for want of the stack's tag, how somebody else does it."""
    image_id = image["ImageId"]
    try:
        aws.client("ec2").deregister_image(ImageId=image_id)
    except ClientError as error:
        if aws.code(error) in lookup.NOT_FOUND:
            return None
        command = f"aws ec2 deregister-image --image-id {image_id} --delete-associated-snapshots"
        return tags.how_to_delete(error, image, command)
    return None


def _delete(snapshot: SnapshotTypeDef) -> str | None:
    """Delete a snapshot; as _deregister."""
    snapshot_id = snapshot["SnapshotId"]
    try:
        snapshots.delete(snapshot_id)
    except ClientError as error:
        return tags.how_to_delete(error, snapshot, f"aws ec2 delete-snapshot --snapshot-id {snapshot_id}")
    return None
