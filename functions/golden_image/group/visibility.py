"""What EC2 and Auto Scaling say about a version that the run has just made and that they do not know yet.

IAM sees the tags of a new image or template some seconds after they were set, and refuses until then what its
policies allow by these tags. A new template, image or profile is not known everywhere at once either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.errors import NotYetVisible, ResourceBusy
from golden_image.group import version_data

if TYPE_CHECKING:
    from golden_image.model.launch_template import LaunchTemplate

_UNKNOWN = {"InvalidAMIID.NotFound", *aws.NO_TEMPLATE, aws.NO_VERSION}
_MISSING = ("does not exist", "not found", "could not find", "cannot find")
# Auto Scaling says so before any reason of EC2's.
_PREFIX = "you must use a valid fully-formed launch template"
_NEW = ("launch template", "image id")


def read_version(template: LaunchTemplate) -> dict[str, Any]:
    """The content of a version that the run has made, or goes back to.

    Raises:
        NotYetVisible: the version or its template is unknown.
    """
    try:
        return version_data.read(template.id, str(template.version))[1]
    except ClientError as error:
        raise_if_new(error, template)
        raise


def raise_if_new(error: ClientError, template: LaunchTemplate) -> None:
    """Raise an error that the workflow retries where AWS may only not know the run's version yet.

    If it lasts, the run fails with this error, which has AWS's own message.

    Raises:
        NotYetVisible: the version, its template or its image is unknown, or its tags are.
        ResourceBusy: the instance profile is unknown.
    """
    code, message = aws.code(error), error.response["Error"].get("Message", "")
    text = message.lower()
    what = f"version {template.version} of {template.id} is not fully visible yet: {code}: {message}"
    if "instance profile" in text and code not in aws.DENIED:
        raise ResourceBusy(f"the instance profile has not reached AWS everywhere yet: {message}") from error
    if code in _UNKNOWN or (code in aws.DENIED and _of_a_launch(text)):
        raise NotYetVisible(what) from error
    if code == "ValidationError":
        reason = text.replace(_PREFIX, "")
        unknown = any(words in reason for words in _MISSING) and any(name in reason for name in _NEW)
        if unknown or ("not authorized" in reason and _of_a_launch(reason)):
            raise NotYetVisible(what) from error


def _of_a_launch(text: str) -> bool:
    """Whether a denial may come from new tags: not that of a role, or of the group's own call."""
    return "iam:passrole" not in text and ("autoscaling:" not in text or "launch template" in text)
