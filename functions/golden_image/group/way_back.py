"""Whether a group could still launch what it launched before a run: its image may be gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.group.neighbours import FLOATING

if TYPE_CHECKING:
    from golden_image.model.group import GroupState
    from golden_image.model.launch_template import LaunchTemplatePlan

_VERSION_GONE = {
    "InvalidLaunchTemplateId.NotFound",
    "InvalidLaunchTemplateId.NotFoundException",
    "InvalidLaunchTemplateId.VersionNotFound",
}
_IMAGE_GONE = {"InvalidAMIID.Malformed", "InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"}
_NOT_ALLOWED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
_ALIAS = "resolve:ssm:"


def reason_not_launchable(before: GroupState, plan: LaunchTemplatePlan | None = None) -> str | None:
    """Why the group could not launch from the template version or the launch configuration that it had.

    None where nothing is known to prevent it. `$Latest` and `$Default` are read as they are now: once a run
    has added its version, `$Latest` is that one.

    Args:
        plan: of a version that starts from the group's own has read that one, and is asked for its image.
    """
    if before.launch_template_id:
        version = before.launch_template_version or "$Default"
        if plan and plan.id == before.launch_template_id and version in {str(plan.base_version), *FLOATING}:
            return _of_version(plan.id, version, plan.base_image_id or "")
        return _template(before.launch_template_id, version)
    if before.launch_configuration:
        return _configuration(before.launch_configuration)
    return None


def _template(template_id: str, version: str) -> str | None:
    what = _what(template_id, version)
    ec2 = aws.client("ec2")
    try:
        found = ec2.describe_launch_template_versions(LaunchTemplateId=template_id, Versions=[version])
    except ClientError as error:
        if aws.code(error) in _VERSION_GONE:
            return f"{what} is gone"
        raise
    if not found["LaunchTemplateVersions"]:
        return f"{what} is gone"
    image_id = found["LaunchTemplateVersions"][0]["LaunchTemplateData"].get("ImageId", "")
    return _of_version(template_id, version, image_id)


def _what(template_id: str, version: str) -> str:
    return f"version {version} of launch template {template_id}"


def _of_version(template_id: str, version: str, image_id: str) -> str | None:
    what = _what(template_id, version)
    if image_id.startswith(_ALIAS):
        return _parameter(template_id, version, f"{what} launches from {image_id}, which")
    return _image(image_id, what) if image_id else None


def _parameter(template_id: str, version: str, what: str) -> str | None:
    """EC2 reads the parameter in the caller's name; a parameter that may not be read says nothing."""
    try:
        found = aws.client("ec2").describe_launch_template_versions(
            LaunchTemplateId=template_id, Versions=[version], ResolveAlias=True
        )
    except ClientError as error:
        if aws.code(error) in _NOT_ALLOWED:
            return None
        if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500 or "Limit" in aws.code(error):
            raise
        return f"{what} has no image: {aws.code(error)}: {error.response['Error']['Message']}"
    image_id = found["LaunchTemplateVersions"][0]["LaunchTemplateData"].get("ImageId", "")
    return None if image_id.startswith(_ALIAS) else _image(image_id, what)


def _configuration(name: str) -> str | None:
    found = aws.client("autoscaling").describe_launch_configurations(LaunchConfigurationNames=[name])
    if not found["LaunchConfigurations"]:
        return f"launch configuration '{name}' is gone"
    return _image(found["LaunchConfigurations"][0]["ImageId"], f"launch configuration '{name}'")


def _image(image_id: str, what: str) -> str | None:
    """The reason in the image; one that another account shares no longer is as good as gone."""
    try:
        images = aws.client("ec2").describe_images(
            ImageIds=[image_id], IncludeDeprecated=True, IncludeDisabled=True
        )["Images"]
    except ClientError as error:
        if aws.code(error) not in _IMAGE_GONE:
            raise
        images = []
    if not images:
        return f"{what} has the image {image_id}, which is gone or no longer shared with this account"
    state = images[0]["State"]
    return None if state == "available" else f"{what} has the image {image_id}, which is {state}"
