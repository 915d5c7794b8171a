"""The launch from a generation's version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.errors import GenerationGone
from golden_image.group import dry_run, version_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from golden_image.model.generation import Generation


def version(generation: Generation) -> dict[str, Any]:
    """The content of the generation's launch template version, with its image.

    Raises:
        GenerationGone: the version was deleted, or launches another image.
    """
    own = generation.launch_template
    what = f"version {own.version} of launch template '{own.name}' ({own.id})"
    try:
        _, data = version_data.read(own.id, str(own.version))
    except ClientError as error:
        if aws.code(error) not in {*aws.NO_TEMPLATE, aws.NO_VERSION}:
            raise
        gone(generation, f"{what} was deleted")
    if data.get("ImageId") != generation.image.id:
        gone(generation, f"{what} launches {data.get('ImageId')}, and not {generation.image.id}")
    return data


def prove(generation: Generation, subnet_ids: tuple[str, ...], types: Sequence[str] = ()) -> None:
    """Ask EC2 in dry runs whether it would launch from the generation's version, with its role.

    Args:
        types: as in LaunchTemplatePlan.

    Raises:
        GenerationGone: it would not, in any of the subnets, or the version was deleted since the plan.
        ClientError: no subnet launches, and AWS calls one of the reasons temporary, or a quota's.
    """
    own, data = generation.launch_template, version(generation)
    refusals = dry_run.of_version(own, data, subnet_ids, types)
    if not refusals:
        return
    dry_run.raise_if_passing(refusals)
    gone(
        generation, f"EC2 would not launch version {own.version} of '{own.name}': {dry_run.reasons(refusals)}"
    )


def named(generation: Generation) -> str:
    """A generation in words."""
    return f"generation {generation.number} of '{generation.group}'"


def gone(generation: Generation, found: str) -> NoReturn:
    """Refuse a generation.

    Raises:
        GenerationGone: with what was found.
    """
    raise GenerationGone(f"{named(generation)} cannot be launched: {found}.")
