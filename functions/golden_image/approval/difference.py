"""What a run is about to change of its group, in words: image, launch template version and sizes.

No line has user data or the value of a tag, which may be secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.group import group, neighbours, version_data, version_differences
from golden_image.group.visibility import read_version
from golden_image.model.group import DRAIN, NONE, RECREATE, ROLLING, Sizes
from golden_image.model.made import template_version
from golden_image.run import changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef

    from golden_image.model.launch_template import LaunchTemplate
    from golden_image.model.plan import Plan, RunPlan, WayBackPlan

    type Data = Mapping[str, Any]

_MOST_LINES, _LONGEST_VALUE = 100, 200
_ROLLOUTS = {
    DRAIN: "all of them are terminated, and the group stays at zero",
    RECREATE: "all of them are terminated, then launched from the new version",
    ROLLING: "they are replaced from the new version, as the preferences of the roll say",
    NONE: "they stay; new ones are launched from the new version",
}


def lines(plan: Plan | WayBackPlan, template: LaunchTemplate) -> list[str]:
    """What changes, a line each.

    Args:
        template: the version that the group is about to get.

    Raises:
        NotYetVisible: the version is not known everywhere yet, or a group that exists is not shown.
    """
    after = read_version(template)
    found = group.visible(plan.group.name) if plan.group.before else group.find(plan.group.name)
    name, before = _launched_now(plan, found)
    told = [
        _line("image", *_images(before, after, plan.image_name)),
        f"launch template: {name} -> {template.name} version {template.version}",
        *_fields(before, after),
        *_sizes(plan, found),
    ]
    if len(told) > _MOST_LINES:
        told = [*told[:_MOST_LINES], f"and {len(told) - _MOST_LINES} more: compare the two versions"]
    return told


def at_checkpoint(plan: RunPlan, template: LaunchTemplate) -> list[str]:
    """How far a roll is, and what becomes of its instances, a line each.

    Args:
        template: the version that the group has since the first checkpoint.
    """
    found, change = group.visible(plan.group.name), changes.read(plan.run)
    new = [one for one in found["Instances"] if template_version(one) == template.version_id]
    before = change.before.launches_from if change else ()
    number = template.version
    was = " version ".join(filter(None, before)) or "what the group had"
    return [
        f"instances: {len(new)} of {len(found['Instances'])} launched from {template.name} version {number}",
        "approved: the others are replaced, up to the next checkpoint",
        f"rejected: they are replaced by instances of {was}, as healthy as the roll was to be",
        "until then: the group launches the new version, where it scales out or replaces an instance",
    ]


def _images(before: Data | None, after: Data, name: str) -> tuple[str | None, str]:
    return ("" if before is None else before.get("ImageId")), f"{after.get('ImageId')} ({name})"


def _launched_now(plan: RunPlan, found: AutoScalingGroupTypeDef | None) -> tuple[str, Data | None]:
    """What the group launches from now: its name, and its content where there is one to compare with.

    A group that takes `$Latest` or `$Default` of the run's own template may launch the new version already:
    the plan knows the one before.
    """
    if found is None:
        return "none, as the group is new", None
    used = group.template_of(found)
    if not used:
        return f"launch configuration {found.get('LaunchConfigurationName')}", None
    template_id, version = used["LaunchTemplateId"], used.get("Version", "$Default")
    own = plan.launch_template
    if version in neighbours.FLOATING and template_id == own.id and own.base_version and own.adds_version:
        version = str(own.base_version)
    name = used.get("LaunchTemplateName", template_id)
    try:
        number, data = version_data.read(template_id, version)
    except ClientError as error:
        if aws.code(error) not in {aws.NO_VERSION, *aws.NO_TEMPLATE}:
            raise
        return f"{name} version {version}, which was deleted", None
    return f"{name} version {number}", data


def _fields(before: Data | None, after: Data) -> Iterator[str]:
    """Each field of the version that differs; each one that it has where nothing is there to compare with."""
    for one in version_differences.between(before or {}, after):
        if one.field == version_differences.USER_DATA:
            yield "user data: changed"
        elif one.field.startswith("tag "):
            what = "added" if one.before is None else "removed" if one.after is None else "changed"
            yield f"{one.field}: {what}"
        else:
            yield _line(one.field, one.before if before is not None else "", one.after)


def _sizes(plan: RunPlan, found: AutoScalingGroupTypeDef | None) -> Iterator[str]:
    """The sizes, and what becomes of the instances that the group has."""
    now = group.sizes(found) if found else None
    after = Sizes.EMPTY if plan.rollout == DRAIN else plan.group.sizes
    if now and plan.rollout != DRAIN:
        after = plan.group.stated_sizes.beside(now)
    yield _line("sizes", str(now) if now else "", str(after))
    if found:
        yield f"instances: {len(found['Instances'])} now; {plan.rollout}: {_ROLLOUTS[plan.rollout]}"


def _line(what: str, before: str | None, after: str | None) -> str:
    """A change; without `before` where it is empty, as there was nothing."""
    old, new = (_cut("none" if text is None else text) for text in (before, after))
    return f"{what}: {old} -> {new}" if old else f"{what}: {new}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"
