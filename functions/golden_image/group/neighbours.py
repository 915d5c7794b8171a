"""Other groups of the account that launch from the same template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import aws
from golden_image.errors import LaunchTemplateNotSupported
from golden_image.group import group

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef

    from golden_image.model.launch_template import LaunchTemplatePlan

FLOATING = {"$Latest", "$Default"}


def refuse_floating(group_name: str, template: LaunchTemplatePlan) -> None:
    """Refuse a template of which another group takes `$Latest` or `$Default`.

    Such a group would launch the run's version before anybody has seen it work, and its instances would
    stay if the run is undone.

    Raises:
        LaunchTemplateNotSupported: with the groups and what to do.
    """
    if template.id is None:
        return
    others = [
        f"'{found['AutoScalingGroupName']}' ({', '.join(versions)})"
        for found in _groups()
        if found["AutoScalingGroupName"] != group_name
        and (versions := sorted(set(versions_used(found, template)) & FLOATING))
    ]
    if others:
        raise LaunchTemplateNotSupported(
            f"launch template '{template.name}' ({template.id}) is used without a number by other groups, "
            f"which would launch the new version before it is proven: {', '.join(others)}. Give them the "
            "number of a version, or set launchTemplateName to another name."
        )


def versions_used(found: AutoScalingGroupTypeDef, template: LaunchTemplatePlan) -> Iterator[str]:
    """The versions of a template that a group names; one that is not named is the default one."""
    for used in group.templates_of(found):
        if used.get("LaunchTemplateId") == template.id or used.get("LaunchTemplateName") == template.name:
            yield used.get("Version") or "$Default"


def naming(versions: Collection[str], template: LaunchTemplatePlan) -> list[str]:
    """The groups that could not launch once a run's versions are deleted, or the template that it has made.

    Args:
        versions: those of the run, as in model.made.
    """
    if not versions:
        return []
    template_ids = {version.partition("/")[0] for version in versions}
    return [
        found["AutoScalingGroupName"]
        for found in _groups()
        if not found.get("Status")
        and any(
            f"{used.get('LaunchTemplateId')}/{used.get('Version')}" in versions
            or (template.id is None and used.get("LaunchTemplateId") in template_ids)
            for used in group.templates_of(found)
        )
    ]


def _groups() -> Iterator[AutoScalingGroupTypeDef]:
    pages = aws.client("autoscaling").get_paginator("describe_auto_scaling_groups").paginate()
    return (found for page in pages for found in page["AutoScalingGroups"])
