"""The preferences of instance refreshes: AWS's defaults, and what StartInstanceRefresh refuses.

Sources: RefreshPreferences and IrreversibleInstanceRefresh in the API Reference. Of the refusals only that of
AutoRollback without a desired configuration is in AWS's words, from public reports.
"""

from typing import Any

from ec2world.autoscaling.errors import validation_error

# The least and the most of each preference.
RANGES = {
    "MinHealthyPercentage": (0, 100),
    "MaxHealthyPercentage": (100, 200),
    "CheckpointDelay": (0, 172_800),
    "BakeTime": (0, 172_800),
}
MOVING_VERSIONS = ("$Latest", "$Default", None)


def with_defaults(group: Any, given: dict[str, Any]) -> dict[str, Any]:
    """The preferences of a refresh, with those that AWS adds."""
    policy = getattr(group, "instance_maintenance_policy", None) or {}
    warmup = getattr(group, "default_instance_warmup", None)
    preferences = {
        "MinHealthyPercentage": policy.get("MinHealthyPercentage", 90),
        "InstanceWarmup": getattr(group, "health_check_grace_period", 0) if warmup is None else warmup,
        "SkipMatching": False,
        "AutoRollback": False,
        "ScaleInProtectedInstances": "Wait",
        "StandbyInstances": "Wait",
    }
    if given.get("CheckpointPercentages"):
        preferences["CheckpointDelay"] = 3600
    return preferences | given


def check(group: Any, params: dict[str, Any]) -> None:
    """Raise what StartInstanceRefresh says about parameters that do not go together."""
    preferences, desired = params.get("Preferences", {}), params.get("DesiredConfiguration")
    for name, (least, most) in RANGES.items():
        if name in preferences and not least <= int(preferences[name]) <= most:
            raise validation_error(f"{name} is {least} to {most}, not {preferences[name]}.")
    _check_percentages(preferences)
    if preferences.get("AutoRollback"):
        if not desired:
            raise validation_error(
                "The request isn't valid. The AutoRollback parameter cannot be set to true when the "
                "DesiredConfiguration parameter is empty. Set AutoRollback to false or specify a desired "
                "configuration and try again."
            )
        if cannot_be_rolled_back(group, desired):
            raise validation_error(
                "AutoRollback takes a numbered version and an AMI id, in the group and in the desired "
                "configuration."
            )
    if params.get("Strategy") == "ReplaceRootVolume":
        _check_root_volumes(group, desired or {})


def cannot_be_rolled_back(group: Any, desired: dict[str, Any] | None) -> bool:
    """Whether a refresh has no desired configuration, or either template has a moving version or image."""
    if not desired:
        return True
    ec2 = group.ec2_backend
    of_group = {
        "LaunchTemplateId": getattr(group.ec2_launch_template, "id", None),
        "Version": getattr(group, "launch_template_version", None),
    }
    for reference in (of_group, _template(desired)):
        if not (reference.get("LaunchTemplateId") or reference.get("LaunchTemplateName")):
            continue
        if reference.get("Version") in MOVING_VERSIONS:
            return True
        if str(ec2.template_version(reference).data.get("ImageId", "")).startswith("resolve:ssm:"):
            return True
    return False


def _template(desired: dict[str, Any]) -> dict[str, Any]:
    mixed = desired.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    found: dict[str, Any] = desired.get("LaunchTemplate") or mixed.get("LaunchTemplateSpecification", {})
    return found


def _check_percentages(preferences: dict[str, Any]) -> None:
    low, high = preferences.get("MinHealthyPercentage"), preferences.get("MaxHealthyPercentage")
    if high is not None and (low is None or int(high) - int(low) > 100):
        raise validation_error(
            "MaxHealthyPercentage needs MinHealthyPercentage, and is at most 100 above it."
        )
    checkpoints = [int(one) for one in preferences.get("CheckpointPercentages", [])]
    if checkpoints != sorted(set(checkpoints)):
        raise validation_error("CheckpointPercentages are unique and in ascending order.")
    if "CheckpointDelay" in preferences and not checkpoints:
        raise validation_error("CheckpointDelay needs CheckpointPercentages.")


def _check_root_volumes(group: Any, desired: dict[str, Any]) -> None:
    """Root volumes are replaced by those of the images that each override names, which have no others."""
    policy = desired.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    images = [one.get("ImageId") for one in policy.get("Overrides", [])]
    if not images or None in images:
        raise validation_error(
            "ReplaceRootVolume needs a mixed instances policy with an ImageId in every override."
        )
    for image in group.ec2_backend.describe_images(ami_ids=images):
        if sum("Ebs" in one for one in image.block_device_mappings) > 1:
            raise validation_error(f"{image.id} has more than a root volume.")
