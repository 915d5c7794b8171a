"""The removal of an image of a failed run."""

from __future__ import annotations

from botocore.exceptions import ClientError

from golden_image import aws, tags
from golden_image.image import lookup, snapshots


def remove(run: str) -> bool:
    """Deregister this run's image, then delete its snapshots. Answers whether any of them was there."""
    ec2 = aws.client("ec2")
    images = ec2.describe_images(Owners=["self"], Filters=tags.made_by(run))["Images"]
    for image in images:
        try:
            ec2.deregister_image(ImageId=image["ImageId"])
        except ClientError as error:
            if aws.code(error) not in lookup.NOT_FOUND:
                raise
    made = snapshots.of_run(run)
    for snapshot in made:
        snapshots.delete(snapshot["SnapshotId"])
    return bool(images or made)
