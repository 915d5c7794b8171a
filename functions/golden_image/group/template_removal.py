"""The removal of a launch template, or of a version, that a failed run made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws, tags
from golden_image.errors import RequestRefused, RollBackIncomplete
from golden_image.group import launch_template
from golden_image.run.made import TEMPLATE_VERSIONS, note

if TYPE_CHECKING:
    from collections.abc import Collection

    from golden_image.model.launch_template import LaunchTemplatePlan


def remove(run: str, wanted: LaunchTemplatePlan, versions: Collection[str]) -> set[str]:
    """Delete the version that this run added, or the template where this run made it; no other.

    Answers the versions that were there, as in model.made. One whose answer was lost is noted before it goes:
    a group that takes `$Latest` may have launched from it.

    Args:
        versions: those that the run's calls have answered, as in model.made.

    Raises:
        RequestRefused: EC2 keeps the version (its answer to that is no error).
        RollBackIncomplete: the template has lost the tag that lets the stack change it.
    """
    existing = launch_template.find(wanted.name)
    if existing is None:
        return set()
    template_id = existing["LaunchTemplateId"]
    command = f"delete-launch-template --launch-template-id {template_id}"
    there = {f"{template_id}/1"}
    try:
        if wanted.id is None:
            if there.isdisjoint(versions) and not tags.owned_by(run, existing):
                return set()
            aws.client("ec2").delete_launch_template(LaunchTemplateId=template_id)
            return there
        # One of another id has been made by somebody else since.
        numbers = launch_template.versions(run, template_id, versions) if template_id == wanted.id else []
        there = {f"{template_id}/{number}" for number in numbers}
        if new := there.difference(versions):
            note(run, TEMPLATE_VERSIONS, new)
        for number in numbers:
            command = (
                f"delete-launch-template-versions --launch-template-id {template_id} --versions {number}"
            )
            _delete_version(template_id, number)
    except ClientError as error:
        if aws.code(error) in aws.NO_TEMPLATE:
            return there
        raise RollBackIncomplete(tags.how_to_delete(error, existing, f"aws ec2 {command}")) from error
    return there


def _delete_version(template_id: str, number: int) -> None:
    answer = aws.client("ec2").delete_launch_template_versions(
        LaunchTemplateId=template_id, Versions=[str(number)]
    )
    for kept in answer.get("UnsuccessfullyDeletedLaunchTemplateVersions", []):
        error = kept["ResponseError"]
        if error["Code"] != "launchTemplateVersionDoesNotExist":
            raise RequestRefused(
                f"EC2 keeps version {number} of {template_id}: {error['Code']}: {error.get('Message', '')}"
            )
