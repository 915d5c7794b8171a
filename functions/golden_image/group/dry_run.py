"""Dry runs of a launch in a group's subnets.

Auto Scaling goes on to the next subnet, so one that launches is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws, redaction
from golden_image.group import version_data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from golden_image.model.launch_template import LaunchTemplate

# What follows is for decoders only, and is long.
_ENCODED = " Encoded authorization failure message:"


def launch(
    subnet_ids: Iterable[str], data: Mapping[str, Any], run: Callable[..., Any]
) -> tuple[str | None, dict[str, ClientError]]:
    """Ask EC2 for each subnet whether it would launch there, until it would.

    Args:
        data: the content of the version, for its interfaces.
        run: a dry run of RunInstances with the parameters of the place.

    Returns:
        The subnet in which EC2 would launch, None where there is none, and EC2's refusals by subnet.
    """
    refusals: dict[str, ClientError] = {}
    for subnet_id in subnet_ids:
        try:
            run(**version_data.place(data, subnet_id))
        except ClientError as error:
            if aws.code(error) == "DryRunOperation":
                return subnet_id, refusals
            redaction.hide(error, dict(data))
            if aws.unanswered(error):
                raise
            refusals[subnet_id] = error
    return None, refusals


def of_version(
    template: LaunchTemplate, data: Mapping[str, Any], subnet_ids: Iterable[str], types: Sequence[str]
) -> dict[str, ClientError]:
    """Ask EC2 whether it would launch from a version as it is, in one of the subnets.

    Args:
        data: the content of the version.
        types: as in LaunchTemplatePlan.

    Returns:
        Nothing where EC2 would launch in one of the subnets, else its refusal for each.
    """
    launches_in, refusals = launch(
        subnet_ids,
        data,
        lambda **place: aws.client("ec2").run_instances(
            DryRun=True,
            MinCount=1,
            MaxCount=1,
            LaunchTemplate={"LaunchTemplateId": template.id, "Version": str(template.version)},
            **of_type(types),
            **place,
        ),
    )
    return {} if launches_in else refusals


def of_type(types: Sequence[str]) -> dict[str, Any]:
    """The parameter of RunInstances for an instance as the group launches it.

    Args:
        types: those that the group launches in the place of the version's own, as in LaunchTemplatePlan.
    """
    return {"InstanceType": types[0]} if types else {}


def raise_if_passing(refusals: Mapping[str, ClientError]) -> None:
    """Raise the first refusal that says nothing of what is launched: it goes by itself, or is a quota's."""
    for error in refusals.values():
        if aws.temporary(error) or "Limit" in aws.code(error):
            raise error


def reasons(refusals: Mapping[str, ClientError]) -> str:
    """EC2's words, each once, with the first subnet that they are about."""
    places: dict[str, str] = {}
    for subnet_id, error in refusals.items():
        message = error.response["Error"].get("Message", "").partition(_ENCODED)[0]
        places.setdefault(f"{aws.code(error)}: {message}", subnet_id)
    return "; ".join(f"{reason} ({subnet_id})" for reason, subnet_id in places.items())
