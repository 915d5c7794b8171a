"""The removal of a launch template, or of a version, that a failed run made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws, tags
from golden_image.errors import RequestRefused, RollBackIncomplete
from golden_image.group import launch_template, neighbours
from golden_image.run.made import TEMPLATE_VERSIONS, note

if TYPE_CHECKING:
    from collections.abc import Collection

    from mypy_boto3_ec2.type_defs import LaunchTemplateTypeDef

    from golden_image.model.launch_template import LaunchTemplatePlan


@dataclass(frozen=True)
class Removal:
    """What the removal of a run's version has come to.

    Attributes:
        versions: those that were there, as in model.made.
        kept: what they are needed for since; None where they go.
    """

    versions: frozenset[str] = frozenset()
    kept: str | None = None


def remove(run: str, wanted: LaunchTemplatePlan, versions: Collection[str]) -> Removal:
    """Delete the version that this run added, or the template where this run made it; no other.

    One that a group of others uses by now, or that somebody has made the default one, is kept. One whose
    answer was lost is noted before it goes: a group that takes `$Latest` may have launched from it.

    Args:
        versions: those that the run's calls have answered, as in model.made.

    Raises:
        RequestRefused: EC2 keeps the version (its answer to that is no error).
        RollBackIncomplete: the template has lost the tag that lets the stack change it.
    """
    existing = launch_template.find(wanted.name)
    if existing is None:
        return Removal()
    there = _of_run(run, wanted, existing, versions)
    kept = _needed_for(there, wanted, existing)
    if there and kept is None:
        _delete(wanted, existing, there)
    return Removal(there, kept)


def _of_run(
    run: str, wanted: LaunchTemplatePlan, existing: LaunchTemplateTypeDef, versions: Collection[str]
) -> frozenset[str]:
    template_id = existing["LaunchTemplateId"]
    if wanted.id is None:
        own = frozenset({f"{template_id}/1"})
        return own if own & set(versions) or tags.owned_by(run, existing) else frozenset()
    # One of another id has been made by somebody else since.
    if template_id != wanted.id:
        return frozenset()
    try:
        numbers = launch_template.versions(run, template_id, versions)
    except ClientError as error:
        if aws.code(error) in aws.NO_TEMPLATE:
            return frozenset()
        raise
    there = frozenset(f"{template_id}/{number}" for number in numbers)
    if new := there.difference(versions):
        note(run, TEMPLATE_VERSIONS, new)
    return there


def _needed_for(
    there: Collection[str], wanted: LaunchTemplatePlan, existing: LaunchTemplateTypeDef
) -> str | None:
    if users := neighbours.naming(there, wanted):
        return f"these groups use it since: {', '.join(f"'{name}'" for name in users)}"
    if wanted.id is None:
        more = there and existing["LatestVersionNumber"] > 1
        return "somebody has added versions to the template since" if more else None
    default = f"{existing['LaunchTemplateId']}/{existing['DefaultVersionNumber']}"
    return "somebody has made it the template's default version since" if default in there else None


def _delete(wanted: LaunchTemplatePlan, existing: LaunchTemplateTypeDef, there: Collection[str]) -> None:
    template_id = existing["LaunchTemplateId"]
    command = f"delete-launch-template --launch-template-id {template_id}"
    try:
        if wanted.id is None:
            aws.client("ec2").delete_launch_template(LaunchTemplateId=template_id)
            return
        for number in sorted(version.rpartition("/")[2] for version in there):
            command = (
                f"delete-launch-template-versions --launch-template-id {template_id} --versions {number}"
            )
            _delete_version(template_id, number)
    except ClientError as error:
        if aws.code(error) in aws.NO_TEMPLATE:
            return
        raise RollBackIncomplete(tags.how_to_delete(error, existing, f"aws ec2 {command}")) from error


def _delete_version(template_id: str, number: str) -> None:
    answer = aws.client("ec2").delete_launch_template_versions(
        LaunchTemplateId=template_id, Versions=[number]
    )
    for kept in answer.get("UnsuccessfullyDeletedLaunchTemplateVersions", []):
        error = kept["ResponseError"]
        if error["Code"] != "launchTemplateVersionDoesNotExist":
            raise RequestRefused(
                f"EC2 keeps version {number} of {template_id}: {error['Code']}: {error.get('Message', '')}"
            )
