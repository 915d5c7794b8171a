"""The proof that EC2 would launch from the run's version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import aws
from golden_image.errors import LaunchTemplateInvalid
from golden_image.group import dry_run
from golden_image.group.visibility import raise_if_new, read_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from golden_image.model.launch_template import LaunchTemplate


def prove(template: LaunchTemplate, subnet_ids: tuple[str, ...], types: Sequence[str] = ()) -> None:
    """Test with dry runs whether EC2 would launch from this version in one of the group's subnets.

    CreateLaunchTemplate checks little; RunInstances with DryRun checks the parameters and the permissions.

    Args:
        types: as in LaunchTemplatePlan.

    Raises:
        LaunchTemplateInvalid: with AWS's reason for each subnet.
        NotYetVisible, ResourceBusy: a resource of the version is not known everywhere yet; retry.
        ClientError: no subnet launches, and AWS calls one of the reasons temporary, or a quota's.
    """
    data = read_version(template)
    launches_in, refusals = dry_run.launch(
        subnet_ids,
        data,
        lambda **place: aws.client("ec2").run_instances(
            DryRun=True,
            MinCount=1,
            MaxCount=1,
            LaunchTemplate={"LaunchTemplateId": template.id, "Version": str(template.version)},
            **dry_run.of_type(types),
            **place,
        ),
    )
    if launches_in:
        return
    for refusal in refusals.values():
        raise_if_new(refusal, template)
    dry_run.raise_if_passing(refusals)
    raise LaunchTemplateInvalid(
        f"EC2 would not launch version {template.version} of '{template.name}': {dry_run.reasons(refusals)}"
    )
