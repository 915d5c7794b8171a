"""The proof that EC2 would launch from the run's version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws, redaction
from golden_image.errors import LaunchTemplateInvalid
from golden_image.group import version_data
from golden_image.group.visibility import raise_if_new

if TYPE_CHECKING:
    from golden_image.model.launch_template import LaunchTemplate


def prove(template: LaunchTemplate, subnet_ids: tuple[str, ...]) -> None:
    """Test with dry runs whether EC2 would launch from this version in one of the group's subnets.

    CreateLaunchTemplate checks little; RunInstances with DryRun checks the parameters and the permissions.

    Raises:
        LaunchTemplateInvalid: with AWS's reason for each subnet.
        NotYetVisible, ResourceBusy: a resource of the version is not known everywhere yet; retry.
    """
    try:
        _, data = version_data.read(template.id, str(template.version))
    except ClientError as error:
        raise_if_new(error, template)
        raise
    refusals = {}
    for subnet_id in subnet_ids:
        refusal = _refusal(template, data, subnet_id)
        if refusal is None:
            return
        refusals[refusal] = subnet_id
    reasons = "; ".join(f"{refusal} ({subnet_id})" for refusal, subnet_id in refusals.items())
    raise LaunchTemplateInvalid(
        f"EC2 would not launch version {template.version} of '{template.name}': {reasons}"
    )


def _refusal(template: LaunchTemplate, data: dict[str, Any], subnet_id: str) -> str | None:
    """EC2's reason against a launch in that subnet; None where there is none."""
    try:
        aws.client("ec2").run_instances(
            DryRun=True,
            MinCount=1,
            MaxCount=1,
            LaunchTemplate={"LaunchTemplateId": template.id, "Version": str(template.version)},
            **version_data.place(data, subnet_id),
        )
    except ClientError as error:
        if aws.code(error) == "DryRunOperation":
            return None
        redaction.hide(error, data)
        raise_if_new(error, template)
        if aws.temporary(error) or "Limit" in aws.code(error):
            raise
        return f"{aws.code(error)}: {error.response['Error'].get('Message', '')}"
    return None
