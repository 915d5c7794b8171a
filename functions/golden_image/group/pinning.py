"""A group that takes `$Latest` or `$Default`, pinned to the number of that version before it is rolled.

AWS rolls no refresh back of a group without a number, and one that takes `$Latest` would launch the run's
version as soon as it is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import aws
from golden_image.errors import NotYetVisible
from golden_image.group import group, mixed, version_data
from golden_image.group.neighbours import FLOATING
from golden_image.run import rolls

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef


def floats(found: AutoScalingGroupTypeDef | None) -> bool:
    """Whether a group launches from whichever version is the latest or the default one."""
    used = group.template_of(found) if found else {}
    return bool(used) and (used.get("Version") or "$Default") in FLOATING


def pin(run: str, group_name: str) -> None:
    """Give the group the number of the version that it launches from now; the ledger has `$Latest` before.

    A group that somebody else has pinned since the plan stays as it is.

    Raises:
        NotYetVisible: the group is not shown, or its version, which exists.
        RunSettled: the run no longer decides about the group.
    """
    found = group.visible(group_name)
    used = group.template_of(found)
    if not floats(found):
        return
    template_id, version = used["LaunchTemplateId"], used.get("Version") or "$Default"
    if (launches := version_data.resolved(template_id, version)) is None:
        raise NotYetVisible(f"version {version} of {template_id}, which '{group_name}' takes, is not visible")
    _, number = launches
    rolls.note_pin(run, group.state_without_options(found), number)
    aws.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=group_name, **mixed.launching(found, template_id, number)
    )
