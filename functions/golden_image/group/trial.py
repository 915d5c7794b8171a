"""The trial of the launch while planning, when there is no image of the run yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golden_image import aws
from golden_image.group import dry_run, version_data
from golden_image.image import lookup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.exceptions import ClientError

    from golden_image.group.findings import Findings
    from golden_image.model.launch_template import LaunchTemplatePlan
    from golden_image.model.source import Source

# Answers about the image that the source was launched from; the run makes one of its own. A policy of the
# organization may refuse this function and not Auto Scaling.
_SAYS_NOTHING = {*lookup.NOT_FOUND, "AuthFailure", "InvalidSnapshot.NotFound", "UnauthorizedOperation"}
# What is tried of the version's content, and of Placement its tenancy. A placement group, a reservation or a
# license would take rights to all of them, and a profile the right to launch with any role; the version is
# tried with all. Hibernation needs an encrypted root, which the source may have and its old image lack.
_TRIED = (
    "CpuOptions",
    "CreditSpecification",
    "EbsOptimized",
    "EnclaveOptions",
    "InstanceMarketOptions",
    "InstanceType",
    "KeyName",
    "MaintenanceOptions",
    "MetadataOptions",
    "NetworkPerformanceOptions",
    "PrivateDnsNameOptions",
    "SecurityGroupIds",
    "SecurityGroups",
)


def launch(
    source: Source, template: LaunchTemplatePlan, subnet_ids: tuple[str, ...], findings: Findings
) -> None:
    """Ask EC2 in dry runs whether it would launch the source's present image as the new version will.

    It finds what no look-up shows, such as a subscription of the Marketplace that has ended. A subnet that is
    refused is told; the group launches in another one.
    """
    settings = {**tried(template.data), "InstanceType": template.instance_type}
    launches_in, refusals = dry_run.launch(
        subnet_ids,
        template.data,
        lambda **place: aws.client("ec2").run_instances(
            DryRun=True, MinCount=1, MaxCount=1, ImageId=source.image_id, **settings, **place
        ),
    )
    trial = f"a {template.instance_type} from the source's image {source.image_id}"
    if launches_in and refusals:
        findings.warnings.append(f"EC2 would not launch {trial} in some subnets: {dry_run.reasons(refusals)}")
    elif refusals:
        _judge(refusals, source, trial, findings)


def tried(data: Mapping[str, Any]) -> dict[str, Any]:
    """What is tried of a version's content, as RunInstances takes it."""
    settings: dict[str, Any] = {
        name: version_data.accepted("RunInstances", data[name], name) for name in _TRIED if name in data
    }
    placement = data.get("Placement", {})
    if "Tenancy" in placement and "HostResourceGroupArn" not in placement:
        settings["Placement"] = {"Tenancy": placement["Tenancy"]}
    return settings


def _judge(refusals: dict[str, ClientError], source: Source, trial: str, findings: Findings) -> None:
    why = dry_run.reasons(refusals)
    not_tried = f"the launch of {trial} could not be tried"
    if any(aws.code(error) in _SAYS_NOTHING for error in refusals.values()):
        findings.warnings.append(f"{not_tried}: {why}")
        return
    dry_run.raise_if_passing(refusals)
    if differing := _differing(source):
        findings.warnings.append(f"{not_tried}: its {differing} differs from the source's. EC2 says: {why}")
    else:
        findings.wrong("launchTemplate", f"EC2 would not launch {trial}: {why}")


def _differing(source: Source) -> str:
    """What a launch depends on and the source no longer has as the image it came from; the run's has it."""
    image = lookup.find(source.image_id) or {}
    pairs = {
        "architecture": (image.get("Architecture"), source.architecture),
        "boot mode": (image.get("BootMode"), source.boot_mode),
        "ENA support": (image.get("EnaSupport", False), source.ena_support),
        "NitroTPM support": (image.get("TpmSupport"), source.tpm_support),
    }
    return ", ".join(name for name, (old, new) in pairs.items() if old != new)
