"""What a group launches from, as calls take it: a launch template, or one in a mixed instances policy.

A run keeps a mixed instances policy, and changes the version in it only. Source: MixedInstancesPolicy and
LaunchTemplateOverrides in the Auto Scaling API Reference; of what cannot be rolled, the limitations in "How
an instance refresh works" in the Auto Scaling User Guide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golden_image.errors import GroupNotSupported
from golden_image.group import group

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef, LaunchTemplateOverridesOutputTypeDef


def launching(found: AutoScalingGroupTypeDef, template_id: str, version: str | None) -> dict[str, Any]:
    """The parameters of a call that give the group a version of a template; its policy is as it is now."""
    used = group.pinned(template_id, version)
    policy = found.get("MixedInstancesPolicy")
    if not policy:
        return {"LaunchTemplate": used}
    changed = {**policy.get("LaunchTemplate", {}), "LaunchTemplateSpecification": used}
    return {"MixedInstancesPolicy": {**policy, "LaunchTemplate": changed}}


def overrides(found: AutoScalingGroupTypeDef) -> list[LaunchTemplateOverridesOutputTypeDef]:
    """The overrides of a group's mixed instances policy; none without one."""
    return found.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {}).get("Overrides", [])


def by_requirements(found: AutoScalingGroupTypeDef) -> bool:
    """Whether a group's policy names its instances by their attributes."""
    return any("InstanceRequirements" in one for one in overrides(found))


def types(found: AutoScalingGroupTypeDef) -> tuple[str, ...]:
    """The instance types that a group launches in the place of its version's own, in its order.

    None: that of its version. Where it chooses them by requirements, those of its instances.
    """
    among: Iterable[Any] = found["Instances"] if by_requirements(found) else overrides(found)
    return tuple(dict.fromkeys(one["InstanceType"] for one in among if "InstanceType" in one))


def refuse_unrollable(found: AutoScalingGroupTypeDef) -> None:
    """Refuse policies whose instances AWS rolls to no version, or may replace all at once.

    Raises:
        GroupNotSupported: with what was found and what to do.
    """
    name = found["AutoScalingGroupName"]
    if by_requirements(found):
        raise GroupNotSupported(
            f"'{name}' has a mixed instances policy with InstanceRequirements, which AWS rolls to no "
            "version of a launch template. Set rollout to recreate or none, or name instance types in the "
            "overrides."
        )
    weights = [int(one["WeightedCapacity"]) for one in overrides(found) if "WeightedCapacity" in one]
    desired = found["DesiredCapacity"]
    if weights and found["Instances"] and max(weights) >= desired:
        raise GroupNotSupported(
            f"'{name}' has an override of weight {max(weights)} and a desired capacity of {desired}: "
            "AWS may replace all its instances at once. Set the desired capacity above the largest weight "
            "first, or rollout to recreate or none."
        )


def refuse_own_images(found: AutoScalingGroupTypeDef) -> None:
    """Refuse overrides whose instances would not launch from the run's image.

    Raises:
        GroupNotSupported: with each override that has a launch template or an image of its own.
    """
    own = [
        f"{one.get('InstanceType', 'the one by requirements')} ({named})"
        for one in overrides(found)
        if (named := _own(one))
    ]
    if own:
        raise GroupNotSupported(
            f"'{found['AutoScalingGroupName']}' has a mixed instances policy with overrides that would not "
            f"launch the run's image: {', '.join(own)}. Take LaunchTemplateSpecification and ImageId out of "
            "them, or use a group of its own for these types."
        )


def _own(override: Any) -> str | None:
    """What an override launches from in the place of the policy's template, in words."""
    used = override.get("LaunchTemplateSpecification")
    if used:
        return f"launch template {used.get('LaunchTemplateName') or used.get('LaunchTemplateId')}"
    return f"image {override['ImageId']}" if override.get("ImageId") else None
