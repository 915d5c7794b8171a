"""Whether a group could launch from what it had before a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.group import group, placement, version_data
from golden_image.image import lookup

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef

    from golden_image.group.version_data import Reading
    from golden_image.model.group import GroupState
    from golden_image.model.launch_template import LaunchTemplate, LaunchTemplatePlan

# RunInstances answers one of these for a version whose image, template, security group or key pair is gone.
_GONE = (
    "InvalidAMIID.",
    "InvalidGroup.",
    "InvalidKeyPair.",
    "InvalidLaunchTemplateId.",
    "InvalidLaunchTemplateName.",
    "InvalidPlacementGroup.",
    "InvalidSecurityGroupID.",
    "InvalidSnapshot.",
)
# The members of a version, beside its image, that may be gone; and the type, without which EC2 assumes one.
_MAY_BE_GONE = ("InstanceType", "KeyName", "SecurityGroupIds", "SecurityGroups")
# A lack of capacity passes, and says nothing of the version.
_FULL = "Insufficient"
_LATEST = "$Latest"


def why_not(before: GroupState, given: LaunchTemplate | None, subnet_ids: tuple[str, ...]) -> str | None:
    """Why nothing can be launched from the group's version from before; None where nothing is known.

    Args:
        given: the run's own version, which a roll-back deletes.
        subnet_ids: those that the group would launch into.
    """
    if before.launch_template_id is None:
        return _configuration(before.launch_configuration or "")
    version = before.launch_template_version or "$Default"
    if version == _LATEST and given is not None and given.id == before.launch_template_id:
        version = _latest_but(given) or version
    launch: dict[str, Any] = {
        "LaunchTemplate": {"LaunchTemplateId": before.launch_template_id, "Version": version}
    }
    try:
        if subnet_ids:
            _, data = version_data.read(before.launch_template_id, version)
            launch |= version_data.place(data, subnet_ids[0])
    except ClientError as error:
        if why := _gone(error):
            return why
        raise
    return _refusal(lambda: aws.client("ec2").run_instances(DryRun=True, MinCount=1, MaxCount=1, **launch))


def why_not_now(
    before: GroupState, subnet_ids: tuple[str, ...], reading: Reading = version_data.read
) -> str | None:
    """The same before a run has changed anything.

    The plan has no right to launch from a version, which could name a role: it tries what is in the version.
    """
    if before.launch_template_id is None:
        return _configuration(before.launch_configuration or "")
    version = before.launch_template_version or "$Default"
    try:
        _, data = reading(before.launch_template_id, version)
    except ClientError as error:
        if why := _gone(error):
            return why
        raise
    if lost := placement.missing(data.get("Placement", {})):
        return f"InvalidPlacementGroup.Unknown: the placement group '{lost}' does not exist"
    if "ImageId" not in data:
        return None
    launch: dict[str, Any] = {name: data[name] for name in _MAY_BE_GONE if name in data}
    launch |= version_data.place(data, subnet_ids[0]) if subnet_ids else {}
    return _refusal(
        lambda: aws.client("ec2").run_instances(
            DryRun=True, MinCount=1, MaxCount=1, ImageId=data["ImageId"], **launch
        )
    )


def _refusal(run: Callable[[], Any]) -> str | None:
    try:
        run()
    except ClientError as error:
        if aws.temporary(error) and not aws.code(error).startswith((*_GONE, _FULL)):
            raise
        return _gone(error)
    return None


def _gone(error: ClientError) -> str | None:
    """EC2's words where they say that something of the version is gone; None for any other refusal."""
    message = error.response["Error"]["Message"]
    of_parameter = aws.code(error) == "InvalidParameterValue" and "ssm" in message.lower()
    return f"{aws.code(error)}: {message}" if of_parameter or aws.code(error).startswith(_GONE) else None


def cannot_launch(why: str) -> str:
    """Why a group stays where it is, in words."""
    return f"the version from before cannot launch ({why})"


def needs(found: AutoScalingGroupTypeDef, given: LaunchTemplate | None, planned: LaunchTemplatePlan) -> bool:
    """Whether a group could not launch without the run's version, or the template that the run made."""
    own = group.template_of(found)
    if given is None or own.get("LaunchTemplateId") != given.id:
        return False
    return planned.id is None or own.get("Version") == str(given.version)


def refused(error: ClientError) -> str | None:
    """Auto Scaling's reason against the launch template of an update; None for any other error."""
    message = error.response["Error"]["Message"]
    is_about_it = aws.code(error) == "ValidationError" and "launch template" in message.lower()
    return message if is_about_it and "authoriz" not in message.lower() else None


def _latest_but(given: LaunchTemplate) -> str | None:
    """The number of the template's latest version, once the given one is deleted."""
    pages = aws.client("ec2").get_paginator("describe_launch_template_versions")
    numbers = [
        version["VersionNumber"]
        for page in pages.paginate(LaunchTemplateId=given.id)
        for version in page["LaunchTemplateVersions"]
        if version["VersionNumber"] != given.version
    ]
    return str(max(numbers)) if numbers else None


def _configuration(name: str) -> str | None:
    """Auto Scaling does not check the image of a launch configuration, so it is looked up here."""
    found = aws.client("autoscaling").describe_launch_configurations(LaunchConfigurationNames=[name])
    if not found["LaunchConfigurations"]:
        return f"the launch configuration '{name}' was deleted"
    image_id = found["LaunchConfigurations"][0]["ImageId"]
    image = lookup.find(image_id)
    if image and image["State"] != "disabled":
        return None
    return f"the image {image_id} of the launch configuration '{name}' is gone or disabled"
