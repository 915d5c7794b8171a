"""The ids of what a run makes, noted in its row as soon as a call has answered them.

A tag can be copied to what is not the run's, and be stripped from what is; an id cannot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golden_image.errors import RunSettled
from golden_image.model.made import Made
from golden_image.run import table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# The attributes of a run's row, each a set of strings.
SNAPSHOTS, IMAGES, TEMPLATE_VERSIONS, GROUPS = "snapshotIds", "imageIds", "templateVersions", "groupArns"
CANARIES, CANARY_VOLUMES, CANARY_SUBNETS = "canaryIds", "canaryVolumeIds", "canarySubnetIds"
COMMANDS, COMMAND_TRIES = "commandIds", "commandTries"


def note(run: str, kind: str, ids: Collection[str]) -> None:
    """Note ids of one kind in the run's row; those that are there already stay.

    Raises:
        RunSettled: the run has no row any more, so nothing would undo what it has just made.
    """
    noted = table.update(
        table.RUN + run,
        UpdateExpression="ADD #kind :ids",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeNames={"#kind": kind},
        ExpressionAttributeValues={":ids": {"SS": sorted(ids)}},
    )
    if noted is None:
        raise RunSettled(
            f"{run} was undone before its last call ended, which made {', '.join(sorted(ids))}. "
            "Nothing uses them: delete them."
        )


def of_row(row: Mapping[str, Any]) -> Made:
    """What a run's row has noted."""
    return Made(
        snapshot_ids=_ids(row, SNAPSHOTS),
        image_ids=_ids(row, IMAGES),
        template_versions=_ids(row, TEMPLATE_VERSIONS),
        group_arns=_ids(row, GROUPS),
        canaries=_ids(row, CANARIES),
        canary_volumes=_ids(row, CANARY_VOLUMES),
        canary_subnets=_ids(row, CANARY_SUBNETS),
        commands=_ids(row, COMMANDS),
        command_tries=_ids(row, COMMAND_TRIES),
    )


def _ids(row: Mapping[str, Any], kind: str) -> frozenset[str]:
    return frozenset(row.get(kind, {}).get("SS", ()))
