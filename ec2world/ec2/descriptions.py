"""Descriptions and names that EC2 takes in ASCII only.

Sources: the answer "Character sets beyond ASCII are not supported" in public reports (builds whose AMI had a
dash beyond ASCII in its description), and InvalidLaunchTemplateName.MalformedException in EC2's error codes.
"""

import re

from ec2world.wire.errors import AWSError

LONGEST = 255
_TEMPLATE_NAME = re.compile(r"[A-Za-z0-9().\-/_]{3,128}")


def check_description(description: str | None, parameter: str = "description") -> None:
    """Raise what EC2 says about a description that it does not take."""
    text = description or ""
    if not text.isascii():
        raise AWSError(
            "InvalidParameterValue",
            f"Value ({text}) for parameter {parameter} is invalid. Character sets beyond ASCII are not "
            "supported.",
        )
    if len(text) > LONGEST:
        raise AWSError(
            "InvalidParameterValue",
            f"Value ({text}) for parameter {parameter} is invalid. The maximum length is {LONGEST}.",
        )


def check_template_name(name: str | None) -> None:
    """Raise what EC2 says about the name of a launch template that it does not take."""
    if not _TEMPLATE_NAME.fullmatch(name or ""):
        raise AWSError(
            "InvalidLaunchTemplateName.MalformedException",
            "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, "
            "and the following characters: - ( ) . / _.",
        )
