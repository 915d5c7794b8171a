"""The trial of the launch while planning, when there is no image of the run yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.group import version_data

if TYPE_CHECKING:
    from golden_image.group.findings import Findings
    from golden_image.model.launch_template import LaunchTemplatePlan
    from golden_image.model.source import Source

# Answers about the image that the source was launched from; the run makes one of its own.
_IMAGE_LOST = {"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "AuthFailure"}
# What is tried of the version's content. A placement group, a reservation or a license would take rights to
# all of them, and a profile the right to launch with any role; the version itself is tried with all of it.
_TRIED = (
    "CpuOptions",
    "CreditSpecification",
    "EbsOptimized",
    "EnclaveOptions",
    "HibernationOptions",
    "InstanceType",
    "KeyName",
    "MetadataOptions",
    "SecurityGroupIds",
)


def launch(source: Source, template: LaunchTemplatePlan, subnet_id: str, findings: Findings) -> None:
    """Ask EC2 in a dry run whether it would launch the source's present image as the new version will.

    It finds what no look-up shows, such as a subscription of the Marketplace that has ended.
    """
    if not template.instance_type:
        return
    settings: dict[str, Any] = {
        name: version_data.accepted("RunInstances", template.data[name], name)
        for name in _TRIED
        if name in template.data
    }
    settings |= version_data.place(template.data, subnet_id)
    try:
        aws.client("ec2").run_instances(
            DryRun=True, MinCount=1, MaxCount=1, ImageId=source.image_id, **settings
        )
    except ClientError as error:
        if aws.code(error) != "DryRunOperation":
            _judge(error, source, template, subnet_id, findings)


def _judge(
    error: ClientError, source: Source, template: LaunchTemplatePlan, subnet_id: str, findings: Findings
) -> None:
    code, message = aws.code(error), error.response["Error"].get("Message", "")
    trial = f"a {template.instance_type} from the source's image {source.image_id} in {subnet_id}"
    if code in _IMAGE_LOST or code == "UnauthorizedOperation":
        # A policy of the organization may refuse this function and not Auto Scaling.
        findings.warnings.append(f"the launch of {trial} could not be tried: {code}: {message}")
    elif aws.temporary(error) or "Limit" in code:
        raise error
    else:
        findings.wrong("launchTemplate", f"EC2 would not launch {trial}: {code}: {message}")
