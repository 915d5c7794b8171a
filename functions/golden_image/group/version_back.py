"""An existing group gets back what it launched from, where it still launches from what the run gave it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.group import group, launch_template, launchable, mixed
from golden_image.group.neighbours import FLOATING
from golden_image.model.plan import WayBackPlan

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef

    from golden_image.group.given_back import GivenBack
    from golden_image.model.group import GroupChange, GroupState
    from golden_image.model.plan import RunPlan


def give_back(
    plan: RunPlan, change: GroupChange, found: AutoScalingGroupTypeDef, result: GivenBack
) -> dict[str, Any]:
    """What the group is to launch from, as UpdateAutoScalingGroup takes it; empty where that stays."""
    before, version = change.before, change.version
    # That of a way back stays: no run deletes it.
    made = None if isinstance(plan, WayBackPlan) else version
    target = _target(plan, change)
    now, own = _now(found), [_pinned(change)] if change.pinned else []
    own += [_launches(version.id, str(version.version), None, before.mixed)] if version else []
    written = now if now in own or not own else own[-1]
    if not result.is_the_runs("launch template", now, written, _launches(*target, before.mixed)):
        if launchable.needs(found, made, plan.launch_template):
            result.stays = "somebody else has changed how it launches, and that needs the run's version"
        return {}
    why = launchable.why_not(before, made, before.subnet_ids or plan.group.subnets)
    if why is not None:
        result.stays = launchable.cannot_launch(why)
        return {}
    template_id, number, configuration = target
    if template_id:
        return mixed.launching(found, template_id, number)
    return {"LaunchConfigurationName": configuration}


def _target(plan: RunPlan, change: GroupChange) -> tuple[str | None, str | None, str | None]:
    """What the group had; the number that it was pinned to, while `$Latest` would be the run's version."""
    before = change.before
    if change.pinned and before.launch_template_version in {None, *FLOATING} and _has_version(plan, before):
        return before.launch_template_id, change.pinned, None
    return before.launch_template_id, before.launch_template_version, before.launch_configuration


def _has_version(plan: RunPlan, before: GroupState) -> bool:
    """Whether the run's version of the group's template is there."""
    try:
        return bool(launch_template.versions(plan.run, before.launch_template_id or ""))
    except ClientError as error:
        if aws.code(error) in aws.NO_TEMPLATE:
            return False
        raise


def _pinned(change: GroupChange) -> str:
    return _launches(change.before.launch_template_id, change.pinned, None, change.before.mixed)


def _now(found: AutoScalingGroupTypeDef) -> str:
    used = group.template_of(found)
    configuration = found.get("LaunchConfigurationName")
    is_mixed = bool(found.get("MixedInstancesPolicy"))
    return _launches(used.get("LaunchTemplateId"), used.get("Version"), configuration, is_mixed)


def _launches(template_id: str | None, version: str | None, configuration: str | None, is_mixed: bool) -> str:
    """What a group launches from, in words."""
    if configuration:
        return f"launch configuration {configuration}"
    return f"{template_id} version {version}" + (" in a mixed instances policy" if is_mixed else "")
