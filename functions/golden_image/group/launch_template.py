"""The launch template: made, or given a new version, pinned by its number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws, names, tags
from golden_image.errors import LaunchTemplateNotSupported, NotYetVisible
from golden_image.group import group, neighbours, version_data
from golden_image.model.launch_template import LaunchTemplate
from golden_image.run import made

if TYPE_CHECKING:
    from collections.abc import Collection

    from mypy_boto3_ec2.type_defs import LaunchTemplateTypeDef

    from golden_image.model.launch_template import LaunchTemplatePlan

# An earlier try asked for something else by the same token: the source or the group has changed since.
_ASKED_BEFORE = "IdempotentParameterMismatch"


def find(name: str) -> LaunchTemplateTypeDef | None:
    """EC2's description of the launch template of that name."""
    try:
        found = aws.client("ec2").describe_launch_templates(LaunchTemplateNames=[name])["LaunchTemplates"]
    except ClientError as error:
        if aws.code(error) in aws.NO_TEMPLATE:
            return None
        raise
    return found[0] if found else None


def find_own(name: str) -> LaunchTemplateTypeDef | None:
    """EC2's description of this stack's launch template of that name.

    Raises:
        LaunchTemplateNotSupported: a template of that name exists and was not made by this stack.
    """
    existing = find(name)
    if existing and not tags.of_stack(existing):
        raise LaunchTemplateNotSupported(
            f"launch template '{name}' ({existing['LaunchTemplateId']}) exists and has no tag "
            f"{tags.STACK}={tags.stack()}. Set launchTemplateName to another value, or tag the template so "
            "that this stack may add and delete its own versions."
        )
    return existing


def create(
    run: str, instance_id: str, wanted: LaunchTemplatePlan, image_id: str, user_data: str | None
) -> LaunchTemplate:
    """Make the template, or a new version of it; the same run gets the same one again (ClientToken).

    A new version starts from what the group uses now: someone may have given it another since the plan.

    Args:
        user_data: plain text from the input; None where it states none.

    Raises:
        LaunchTemplateNotSupported: a template of that name has appeared since the plan, or another group that
            would launch the version at once.
        NotYetVisible: it exists but is not visible yet.
        RunSettled: the run was undone meanwhile.
    """
    marks = tags.of_run(run, instance_id)
    neighbours.refuse_floating(wanted.group_name, wanted)
    if wanted.id is None:
        base = {**wanted.data, "UserData": version_data.user_data_of(instance_id)}
    else:
        found = group.find(wanted.group_name)
        _, base = version_data.base(wanted.id, group.template_of(found) if found else {})
    changed = version_data.with_user_data(version_data.changed(base, wanted.changes), user_data)
    data: Any = version_data.tagged(changed, {**wanted.tags, **marks}) | {"ImageId": image_id}
    if wanted.id is not None:
        return _noted(run, LaunchTemplate(wanted.id, wanted.name, _new_version(run, wanted.id, data)))
    try:
        created = aws.client("ec2").create_launch_template(
            LaunchTemplateName=wanted.name,
            LaunchTemplateData=data,
            VersionDescription=names.label(run),
            ClientToken=tags.token(run, "launch template"),
            TagSpecifications=tags.specifications(marks, "launch-template"),
        )["LaunchTemplate"]
    except ClientError as error:
        created = _adopt(run, wanted.name, error)
    return _noted(run, LaunchTemplate(created["LaunchTemplateId"], created["LaunchTemplateName"], 1))


def _noted(run: str, template: LaunchTemplate) -> LaunchTemplate:
    """The template, once its version is in the run's row."""
    made.note(run, made.TEMPLATE_VERSIONS, [f"{template.id}/{template.version}"])
    return template


def _new_version(run: str, template_id: str, data: Any) -> int:
    """The number of the run's version, made now or by a lost try."""
    try:
        return aws.client("ec2").create_launch_template_version(
            LaunchTemplateId=template_id,
            LaunchTemplateData=data,
            VersionDescription=names.label(run),
            ClientToken=tags.token(run, "launch template version"),
        )["LaunchTemplateVersion"]["VersionNumber"]
    except ClientError as error:
        if aws.code(error) != _ASKED_BEFORE:
            raise
        numbers = versions(run, template_id)
        if not numbers:
            raise NotYetVisible(f"the version of {template_id} exists but is not visible yet") from error
        return numbers[0]


def _adopt(run: str, name: str, error: ClientError) -> LaunchTemplateTypeDef:
    """This run's template of that name, where the error says that there is one already."""
    if aws.code(error) not in {"InvalidLaunchTemplateName.AlreadyExistsException", _ASKED_BEFORE}:
        raise error
    what = f"launch template '{name}'"
    found = find(name)
    if found is None:
        raise NotYetVisible(f"{what} exists but is not visible yet")
    if not tags.owned_by(run, found):
        raise LaunchTemplateNotSupported(
            f"{what} was created by something else after the plan. Start a new run."
        )
    return found


def versions(run: str, template_id: str, answered: Collection[str] = ()) -> list[int]:
    """The numbers of the versions that are described as the run's, or that the run's calls have answered.

    Args:
        answered: as in model.made.
    """
    pages = aws.client("ec2").get_paginator("describe_launch_template_versions")
    return [
        version["VersionNumber"]
        for page in pages.paginate(LaunchTemplateId=template_id)
        for version in page["LaunchTemplateVersions"]
        if version.get("VersionDescription") == names.label(run)
        or f"{template_id}/{version['VersionNumber']}" in answered
    ]
