"""The preferences of instance refreshes: AWS's defaults, and what StartInstanceRefresh refuses.

Sources: RefreshPreferences and IrreversibleInstanceRefresh in the API Reference, "Understand the default
values" in the Auto Scaling User Guide. Examples in both ask for AutoRollback with `$Latest` or `$Default` in
the desired configuration: only the group's own template has to stand still. A group on a launch configuration
is rolled back to it, for AWS excludes templates only. Of the refusals only that of AutoRollback without a
desired configuration is in AWS's words, from public reports. An alarm in ALARM or INSUFFICIENT_DATA is an
error at the start ("Start an instance refresh with auto rollback"). That alarms that do not exist are refused
at the start is an assumption, and so is that what attribute-based selection does not support (Limitations)
is.
"""

from typing import Any

from moto.core.exceptions import ServiceException

from ec2world.autoscaling import alarms
from ec2world.autoscaling.desired_configuration import launching_from, overrides_of
from ec2world.autoscaling.errors import validation_error
from ec2world.autoscaling.launch_sources import as_validation_error

# The least and the most of each preference.
RANGES = {
    "MinHealthyPercentage": (0, 100),
    "MaxHealthyPercentage": (100, 200),
    "CheckpointDelay": (0, 172_800),
    "BakeTime": (0, 172_800),
}
MOVING_VERSIONS = ("$Latest", "$Default", None)
MOST_ALARMS = 10
PERCENTAGES = ("MinHealthyPercentage", "MaxHealthyPercentage")


def with_defaults(group: Any, given: dict[str, Any]) -> dict[str, Any]:
    """The preferences of a refresh, with those that AWS adds.

    Without a maximum from them or from the group's maintenance policy there is none: not the same as 100.
    """
    policy = getattr(group, "instance_maintenance_policy", None) or {}
    warmup = getattr(group, "default_instance_warmup", None)
    grace = getattr(group, "health_check_grace_period", None) or 0
    preferences = {
        "MinHealthyPercentage": 90,
        **{name: policy[name] for name in PERCENTAGES if policy.get(name, -1) != -1},
        "InstanceWarmup": grace if warmup in (None, -1) else warmup,
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
    _check_alarms(group, preferences.get("AlarmSpecification", {}).get("Alarms", []))
    if desired or preferences.get("SkipMatching"):
        _check_requirements(group, desired or {})
    if desired:
        _check_template(group, desired)
    elif preferences.get("SkipMatching") and group.ec2_launch_template is None:
        raise validation_error("Skip matching is not supported with a launch configuration.")
    if preferences.get("AutoRollback"):
        if not desired:
            raise validation_error(
                "The request isn't valid. The AutoRollback parameter cannot be set to true when the "
                "DesiredConfiguration parameter is empty. Set AutoRollback to false or specify a desired "
                "configuration and try again."
            )
        if cannot_be_rolled_back(group, desired):
            raise validation_error(
                "AutoRollback takes a group whose template has a numbered version and an AMI id."
            )
    if params.get("Strategy") == "ReplaceRootVolume":
        _check_root_volumes(group, desired or {})


def cannot_be_rolled_back(group: Any, desired: dict[str, Any] | None) -> bool:
    """Whether there is no desired configuration, or the group's own template moves."""
    if not desired:
        return True
    if group.ec2_launch_template is None:
        return False
    if group.launch_template_version in MOVING_VERSIONS:
        return True
    return any(_takes_image_of_a_parameter(group, one) for one in (None, desired))


def _takes_image_of_a_parameter(group: Any, desired: dict[str, Any] | None) -> bool:
    with launching_from(group, desired):
        reference = {
            "LaunchTemplateId": group.ec2_launch_template.id,
            "Version": group.launch_template_version,
        }
    data = group.ec2_backend.template_version(reference).data
    return str(data.get("ImageId", "")).startswith("resolve:ssm:")


def _check_percentages(preferences: dict[str, Any]) -> None:
    low, high = (preferences.get(name) for name in PERCENTAGES)
    if high is not None and (low is None or int(high) - int(low) > 100):
        raise validation_error(
            "MaxHealthyPercentage needs MinHealthyPercentage, and is at most 100 above it."
        )
    checkpoints = [int(one) for one in preferences.get("CheckpointPercentages", [])]
    if checkpoints != sorted(set(checkpoints)):
        raise validation_error("CheckpointPercentages are unique and in ascending order.")
    if any(not 1 <= one <= 100 for one in checkpoints):
        raise validation_error("CheckpointPercentages are 1 to 100.")
    if "CheckpointDelay" in preferences and not checkpoints:
        raise validation_error("CheckpointDelay needs CheckpointPercentages.")


def _check_alarms(group: Any, names: list[str]) -> None:
    if len(names) > MOST_ALARMS:
        raise validation_error(f"A refresh watches at most {MOST_ALARMS} alarms.")
    if unknown := alarms.unknown(group, names):
        raise validation_error(f"There are no such alarms: {', '.join(unknown)}.")
    if others := alarms.without_ok(group, names):
        raise validation_error(f"These alarms are not in the OK state: {', '.join(others)}.")


def _check_requirements(group: Any, desired: dict[str, Any]) -> None:
    """Refuse what AWS does not support where a policy names instances by their attributes."""
    policies = (group.mixed_instances_policy, desired.get("MixedInstancesPolicy"))
    if any("InstanceRequirements" in one for policy in policies for one in overrides_of(policy)):
        raise validation_error(
            "SkipMatching and DesiredConfiguration are not supported with InstanceRequirements."
        )


def _check_template(group: Any, desired: dict[str, Any]) -> None:
    """Refuse a desired configuration whose template or version does not exist; no launch is tried."""
    try:
        with launching_from(group, desired):
            group.own_launch_parameters()
    except ServiceException as error:
        raise as_validation_error(error) from error


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
