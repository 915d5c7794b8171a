"""The proof that EC2 would launch from the run's version."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    refusals = dry_run.of_version(template, data, subnet_ids, types)
    if not refusals:
        return
    for refusal in refusals.values():
        raise_if_new(refusal, template)
    dry_run.raise_if_passing(refusals)
    raise LaunchTemplateInvalid(
        f"EC2 would not launch version {template.version} of '{template.name}': {dry_run.reasons(refusals)}"
    )
