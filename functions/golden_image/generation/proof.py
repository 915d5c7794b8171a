"""The proof that a generation can be launched again: its version, image, snapshots and keys are still there.

The plan makes it before anything changes. It may not launch from a version, which could name a role: so it
tries what is in the version, and Prove Generation the version itself, once the group is locked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golden_image import aws, tags
from golden_image.generation.launch import gone, named
from golden_image.group import dry_run, launch_template, placement, trial
from golden_image.image import lookup, owned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_ec2.type_defs import ImageTypeDef, LaunchTemplateTypeDef, SnapshotTypeDef

    from golden_image.model.generation import Generation

# A policy of the organization may refuse this function, and not Auto Scaling.
_DENIED = "UnauthorizedOperation"
_USABLE, _ARCHIVED = "completed", "archive"


def template(generation: Generation) -> LaunchTemplateTypeDef:
    """The generation's launch template.

    Raises:
        GenerationGone: it was deleted, and another may have its name.
        LaunchTemplateNotSupported: it has lost this stack's tag.
    """
    own = generation.launch_template
    existing = launch_template.find_own(own.name)
    if existing is None or existing["LaunchTemplateId"] != own.id:
        gone(generation, f"launch template '{own.name}' ({own.id}) was deleted")
    return existing


def image(generation: Generation) -> tuple[ImageTypeDef, list[SnapshotTypeDef]]:
    """The generation's image and its snapshots; refuses what is gone or cannot be launched from.

    Raises:
        GenerationGone: with what was found.
    """
    found = lookup.find(generation.image.id)
    if found is None:
        gone(generation, f"its image {generation.image.id} was deregistered")
    if found["State"] != "available":
        state = found["State"]
        enable = f": aws ec2 enable-image --image-id {generation.image.id}" if state == "disabled" else ""
        gone(generation, f"its image {generation.image.id} is {state}{enable}")
    _refuse_unmarked(generation, found, generation.image.id)
    there = {one["SnapshotId"]: one for one in owned.snapshots_by_id(generation.image.snapshot_ids)}
    for snapshot_id in generation.image.snapshot_ids:
        snapshot = there.get(snapshot_id)
        if snapshot is None:
            gone(generation, f"its snapshot {snapshot_id} was deleted")
        if why := _unusable(snapshot):
            gone(generation, f"its snapshot {snapshot_id} is {why}")
        _refuse_unmarked(generation, snapshot, snapshot_id)
    return found, list(there.values())


def launch(
    generation: Generation, data: Mapping[str, Any], subnet_ids: tuple[str, ...], types: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Ask EC2 in dry runs whether it would launch what the version says; answers warnings.

    Args:
        types: as in LaunchTemplatePlan.

    Raises:
        GenerationGone: it would not, in any of the subnets.
        ClientError: no subnet launches, and AWS calls one of the reasons temporary, or a quota's.
    """
    if lost := placement.missing(data.get("Placement", {})):
        gone(generation, f"its placement group '{lost}' does not exist")
    settings = {**trial.tried(data), **dry_run.of_type(types)}
    launches_in, refusals = dry_run.launch(
        subnet_ids,
        data,
        lambda **place: aws.client("ec2").run_instances(
            DryRun=True, MinCount=1, MaxCount=1, ImageId=generation.image.id, **settings, **place
        ),
    )
    why = dry_run.reasons(refusals)
    if launches_in:
        return (f"EC2 would not launch {named(generation)} in some subnets: {why}",) if refusals else ()
    if any(aws.code(error) == _DENIED for error in refusals.values()):
        return (f"the launch of {named(generation)} could not be tried: {why}",)
    dry_run.raise_if_passing(refusals)
    if refusals:
        gone(generation, f"EC2 would not launch it: {why}")
    return ()


def _unusable(snapshot: SnapshotTypeDef) -> str | None:
    if snapshot.get("StorageTier") == _ARCHIVED:
        one = snapshot["SnapshotId"]
        return f"archived: aws ec2 restore-snapshot-tier --snapshot-id {one} --permanent-restore"
    return None if snapshot["State"] == _USABLE else str(snapshot["State"])


def _refuse_unmarked(generation: Generation, resource: Mapping[str, Any], resource_id: str) -> None:
    """Refuse what has lost the tag by which this stack may launch it."""
    if not tags.of_stack(resource):
        tag = f"{tags.STACK}={tags.stack()}"
        gone(
            generation,
            f"{resource_id} has not the tag {tag}, without which this stack may not launch it: "
            f"aws ec2 create-tags --resources {resource_id} --tags Key={tags.STACK},Value={tags.stack()}",
        )
