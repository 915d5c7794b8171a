"""The plan of a launch template version: its content before the run makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws, tags
from golden_image.group import from_source, group, version_data, version_differences
from golden_image.model.launch_template import Difference, LaunchTemplatePlan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef
    from mypy_boto3_ec2.type_defs import InstanceTypeDef, LaunchTemplateTypeDef

    from golden_image.group.findings import Findings
    from golden_image.group.version_data import Reading

_MOST_TAGS = 50
_NOT_SHOWN = {"TagSpecifications", "UserData"}


def of_existing(
    template: LaunchTemplateTypeDef,
    found: AutoScalingGroupTypeDef | None,
    of_group: dict[str, str],
    findings: Findings,
    reading: Reading = version_data.read,
) -> LaunchTemplatePlan:
    """A new version of a template that exists: it keeps what the input does not state.

    It starts from the version that the group uses, else from the default one.

    Args:
        found: the existing group as Auto Scaling describes it.
        of_group: the tags that instances get from the group, as tags_of_group answers.
        reading: reads a version, as version_data.read does.
    """
    stated = findings.request.launch_template
    template_id, name = template["LaunchTemplateId"], template["LaunchTemplateName"]
    number, base = version_data.base(template_id, group.template_of(found) if found else {}, reading)
    patch = version_data.changes(stated)
    own = stated.get("tags") or {}
    data = version_data.with_user_data(version_data.changed(base, patch), stated.get("userData"))
    _refuse_too_many_tags(data, own, of_group, findings)
    findings.warnings += _kept(name, base, patch)
    before = launched(found, reading) if found else base
    return LaunchTemplatePlan(
        id=template_id,
        name=name,
        base_version=number,
        data=shown(data),
        changes=patch,
        tags=own,
        differences=differences(before, version_data.tagged(data, own)),
        user_data_digest=version_differences.digest(data),
        next_version=template["LatestVersionNumber"] + 1,
    )


def of_new(  # noqa: PLR0913, PLR0917 - as of_existing, and the source
    stated: Mapping[str, Any],
    instance: InstanceTypeDef,
    found: AutoScalingGroupTypeDef | None,
    of_group: dict[str, str],
    findings: Findings,
    reading: Reading = version_data.read,
) -> LaunchTemplatePlan:
    """A new template: it starts from the source, a running or stopped instance.

    Args:
        stated: the input's `launchTemplate` with the defaults of a new one.
        found, of_group, reading: as in of_existing.
    """
    own = stated.get("tags") or {}
    _refuse_too_many_tags({}, own, of_group, findings)
    base, lost = from_source.data_of(instance, stated.get("instanceType"), findings.known_type)
    if lost:
        findings.warnings.append(f"the launch template does not carry over the source's {', '.join(lost)}.")
    patch = version_data.changes(stated)
    base |= {"UserData": version_data.user_data_of(instance["InstanceId"])}
    data = version_data.with_user_data(version_data.changed(base, patch), stated.get("userData"))
    return LaunchTemplatePlan(
        id=None,
        name=findings.request.launch_template_name,
        data=shown(data),
        changes=patch,
        tags=own,
        differences=differences(launched(found, reading), version_data.tagged(data, own)),
        user_data_digest=version_differences.digest(data),
        next_version=1,
    )


def launched(found: AutoScalingGroupTypeDef | None, reading: Reading) -> dict[str, Any] | None:
    """The content of the version that a group launches now.

    None without a group, for one on a launch configuration, and where its version was deleted.
    """
    used = group.template_of(found) if found else {}
    try:
        return reading(used["LaunchTemplateId"], used.get("Version", "$Default"))[1] if used else None
    except ClientError as error:
        if aws.code(error) not in {aws.NO_VERSION, *aws.NO_TEMPLATE}:
            raise
        return None


def differences(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What changes; nothing where there is nothing before."""
    return () if before is None else version_differences.for_plan(before, after)


def tags_of_group(found: AutoScalingGroupTypeDef | None, stated: Mapping[str, str] | None) -> dict[str, str]:
    """The tags that a group gives its instances: those of its own that it propagates, and the input's."""
    own = found["Tags"] if found else []
    return tags.from_aws(one for one in own if one.get("PropagateAtLaunch")) | dict(stated or {})


def shown(data: Mapping[str, Any]) -> dict[str, Any]:
    """A version's content for a plan: without what its tags and its user data may tell."""
    return {key: value for key, value in data.items() if key not in _NOT_SHOWN}


def _refuse_too_many_tags(
    data: Mapping[str, Any], own: Mapping[str, str | None], of_group: dict[str, str], findings: Findings
) -> None:
    given = version_data.tagged(data, {**own, **dict.fromkeys(tags.MARKS, "")})["TagSpecifications"]
    most = max(
        len(tags.from_aws(one["Tags"]) | (of_group if one["ResourceType"] == "instance" else {}))
        for one in given
    )
    if most > _MOST_TAGS:
        findings.wrong(
            "launchTemplate.tags",
            f"make {most} with those of launch template '{findings.request.launch_template_name}', of the "
            f"group and the run's own; EC2 takes {_MOST_TAGS}",
        )


def _kept(name: str, base: Mapping[str, Any], patch: Mapping[str, Any]) -> list[str]:
    """A warning where a number of CPU cores that was chosen for one instance type meets another one."""
    kept = "CpuOptions" in base and "CpuOptions" not in patch
    if not kept or patch.get("InstanceType", base.get("InstanceType")) == base.get("InstanceType"):
        return []
    options = ", ".join(f"{key} {value}" for key, value in base["CpuOptions"].items())
    return [
        f"launch template '{name}' keeps its CPU options ({options}), made for {base.get('InstanceType')}. "
        "Set launchTemplate.cpuOptions to null to leave them to the new type."
    ]
