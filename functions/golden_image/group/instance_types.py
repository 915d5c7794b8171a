"""The instance types: whether they exist, and can run an image of the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_ec2.type_defs import InstanceTypeInfoTypeDef

    from golden_image.group.findings import Findings
    from golden_image.model.launch_template import LaunchTemplatePlan
    from golden_image.model.source import Source

# That of the version; where a mixed instances policy names the types, the group is to be changed.
_FIELD, _GROUP = "launchTemplate.instanceType", "autoScalingGroupName"


def refuse_unfit(source: Source, template: LaunchTemplatePlan, findings: Findings) -> tuple[str, ...]:
    """Refuse a type that would not launch; answers those to go on with.

    Types that do not fit are launched by nobody: RunInstances refuses each of these, as does Auto Scaling. A
    group with several goes on with the others.
    """
    if template.types:
        return _fitting(source, template, findings)
    if "InstanceType" not in template.data:
        findings.wrong(_FIELD, f"is required: launch template '{template.name}' would have none")
        return ()
    known = findings.known_type(template.instance_type)
    if known is None:
        findings.wrong(
            _FIELD, f"there is no instance type '{template.instance_type}' in this Region. Name another"
        )
        return ()
    origin = findings.origin("instanceType")
    for why in _misfits(known, source):
        findings.wrong(_FIELD, f"{template.instance_type}{origin} {why}")
    if _lacks_optimization(known, template):
        wanted = f"launchTemplate.ebsOptimized is true{findings.origin('ebsOptimized').rstrip(',')}"
        findings.wrong(
            _FIELD,
            f"{template.instance_type}{origin} cannot be EBS-optimized, and the new version is to be: "
            f"{wanted}. Name another type, or set launchTemplate.ebsOptimized to null",
        )
    return (template.instance_type,)


def _fitting(source: Source, template: LaunchTemplatePlan, findings: Findings) -> tuple[str, ...]:
    """Those of the types of a mixed instances policy that could launch the image; one is enough."""
    unfit = {kind: why for kind in template.types if (why := _why_unfit(kind, source, template, findings))}
    fit = tuple(kind for kind in template.types if kind not in unfit)
    told = ", ".join(f"{kind} {why}" for kind, why in unfit.items())
    if unfit and fit:
        findings.warnings.append(
            f"the group launches nothing of some types of its mixed instances policy: {told}."
        )
    elif unfit:
        findings.wrong(
            _GROUP,
            f"its mixed instances policy names no type that could launch the image: {told}. "
            "Change its overrides",
        )
    if findings.request.launch_template.get("instanceType"):
        findings.warnings.append(
            f"{_FIELD} has no effect on the group's instances: the overrides of its mixed instances policy "
            "name their types."
        )
    return fit


def _why_unfit(kind: str, source: Source, template: LaunchTemplatePlan, findings: Findings) -> str:
    """Why a type could not launch the image, in words; empty where it could."""
    known = findings.known_type(kind)
    if known is None:
        return "is no instance type of this Region"
    lacking = ["cannot be EBS-optimized"] if _lacks_optimization(known, template) else []
    return " and ".join([*_misfits(known, source), *lacking])


def _lacks_optimization(known: InstanceTypeInfoTypeDef, template: LaunchTemplatePlan) -> bool:
    return bool(template.ebs_optimized) and known["EbsInfo"]["EbsOptimizedSupport"] == "unsupported"


def find(name: str) -> InstanceTypeInfoTypeDef | None:
    """EC2's description of a type; None where the Region has none of that name."""
    try:
        return aws.client("ec2").describe_instance_types(InstanceTypes=[name])["InstanceTypes"][0]  # type: ignore[list-item]
    except ClientError as error:
        if aws.code(error) in {"InvalidInstanceType", "InvalidInstanceType.NotFound"}:
            return None
        raise


def _misfits(known: InstanceTypeInfoTypeDef, source: Source) -> Iterator[str]:
    """Why the type cannot run an image with the source's attributes."""
    architectures = known["ProcessorInfo"]["SupportedArchitectures"]
    if source.architecture not in architectures:
        yield f"runs {', '.join(architectures)}, and the source is {source.architecture}"
        return
    if source.virtualization_type not in known["SupportedVirtualizationTypes"]:
        yield f"does not run images of the source's virtualization type, {source.virtualization_type}"
    if known["NetworkInfo"]["EnaSupport"] == "required" and not source.ena_support:
        yield "needs images with ENA, which the source does not have"
    modes = known["SupportedBootModes"]
    # uefi-preferred boots either way; without a boot mode an image boots as the type does.
    if source.boot_mode in ("uefi", "legacy-bios") and source.boot_mode not in modes:
        yield f"boots with {', '.join(modes)}, and the source needs {source.boot_mode}"
    if source.tpm_support and known.get("NitroTpmSupport", "supported") == "unsupported":
        yield "has no NitroTPM, which the source has"
    if "ebs" not in known["SupportedRootDeviceTypes"]:
        yield "has no EBS root devices"
    if "on-demand" not in known["SupportedUsageClasses"]:
        yield f"is launched as {', '.join(known['SupportedUsageClasses'])} only, not On-Demand"
