"""Which snapshots and images are a run's.

A tag alone proves nothing: backup tools copy it to snapshots of their own, and other tools strip it. Nobody
can change the description and the volume of a snapshot, and a copy of it shows no volume.
"""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING, Any

from golden_image import aws, names, tags
from golden_image.image import lookup

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mypy_boto3_ec2.type_defs import FilterTypeDef, SnapshotTypeDef

    from golden_image.model.image import Image

# The volume that EC2 shows for a copied snapshot.
_NO_VOLUME = "vol-ffffffff"


def description(run: str, instance_id: str) -> str:
    """What a run's snapshots are described as, and its image where the input says nothing."""
    return f"golden image of {instance_id}, {names.label(run)}"


def snapshots(run: str, instance_id: str, volume_ids: Collection[str]) -> list[SnapshotTypeDef]:
    """The snapshots that CreateSnapshots made for the run.

    Their descriptions say so, and their volumes or their tags agree: a volume may have been attached after
    the plan. Descriptions of runs from before they named the run's ARN name it less exactly: the tag decides.

    Args:
        volume_ids: the source's volumes in the plan.
    """
    exact, before = description(run, instance_id), f"golden image of {instance_id}, run {tags.run_name(run)}"
    return [
        snapshot
        for snapshot in _described([exact, before])
        if (snapshot["Description"] == exact and snapshot["VolumeId"] in volume_ids)
        or tags.owned_by(run, snapshot)
    ]


def captured(image_ids: Iterable[str]) -> list[SnapshotTypeDef]:
    """The snapshots that CreateImage made for these images: it names the image, and at times the volume."""
    made_for = [f"Created by CreateImage(*) for {image_id}" for image_id in image_ids]
    return _described([*made_for, *(f"{one} from *" for one in made_for)]) if made_for else []


def _described(descriptions: list[str]) -> list[SnapshotTypeDef]:
    found = _snapshots({"Name": "description", "Values": descriptions})
    return [snapshot for snapshot in found if snapshot["VolumeId"] != _NO_VOLUME]


def snapshots_by_id(snapshot_ids: Iterable[str]) -> list[SnapshotTypeDef]:
    """Those of the account's snapshots with these ids that are visible."""
    return [
        snapshot
        for some in batched(snapshot_ids, aws.MOST_VALUES, strict=False)
        for snapshot in _snapshots({"Name": "snapshot-id", "Values": list(some)})
    ]


def _snapshots(wanted: FilterTypeDef) -> list[SnapshotTypeDef]:
    pages = aws.client("ec2").get_paginator("describe_snapshots")
    found = pages.paginate(OwnerIds=["self"], Filters=[wanted])
    return [snapshot for page in found for snapshot in page["Snapshots"]]


def is_image_of(
    run: str, wanted: Image, instance_id: str, snapshot_ids: Collection[str], found: Mapping[str, Any]
) -> bool:
    """Whether the run has made an image that has the name of its own.

    Its tag says so. Where it has lost the tag, it is registered of the run's snapshots, or created of the
    source with the run's description.
    """
    marked = tags.from_aws(found.get("Tags")).get(tags.RUN)
    if marked is not None:
        return marked == run
    mapped = set(lookup.snapshot_ids(found))
    created = found.get("SourceInstanceId") == instance_id and found.get("Description") == wanted.description
    return created or (bool(mapped) and mapped <= set(snapshot_ids))
