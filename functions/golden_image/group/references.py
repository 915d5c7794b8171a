"""References of a plan: each id and name that the new version and the group will use is looked up."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.group import instance_types, network, placement, trial

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_ec2.type_defs import SubnetTypeDef

    from golden_image.group.findings import Findings
    from golden_image.model.group import GroupPlan
    from golden_image.model.launch_template import LaunchTemplatePlan
    from golden_image.model.source import Source

_PROFILE = "launchTemplate.iamInstanceProfile"


def look_up_names(run: str, group: GroupPlan, template: LaunchTemplatePlan, findings: Findings) -> None:
    """Look up the key pair, the placement group, the instance profile and the topic.

    Args:
        run: the execution's ARN: its partition, Region and account are what the others are to be of.
    """
    if template.key_name:
        _key_pair(template.key_name, findings)
    _placement_group(template.data, findings)
    if template.iam_instance_profile:
        _instance_profile(run, template.iam_instance_profile, findings)
    if group.notification_topic_arn:
        _topic(run, group.notification_topic_arn, findings)


def look_up_launch(
    source: Source,
    place: list[SubnetTypeDef],
    group: GroupPlan,
    template: LaunchTemplatePlan,
    findings: Findings,
) -> LaunchTemplatePlan:
    """Look up the security groups and the types; where all is well so far, try the launch.

    Args:
        place: the group's subnets, as network.subnets has found them.

    Returns:
        The plan of the version, with the subnets in which the group can launch, and the types that it can.
    """
    network.refuse_security_groups(template, place, findings)
    if types := instance_types.refuse_unfit(source, template, findings):
        place = network.offering(types, place, group, findings)
    network.refuse_public_address_without_subnets(template, place, group, findings)
    network.tell_public_addresses(source, template, place, findings)
    subnet_ids = tuple(subnet["SubnetId"] for subnet in place) or template.subnet_ids
    known = replace(template, subnet_ids=subnet_ids, types=types if template.types else ())
    if not findings.problems:
        trial.launch(source, known, subnet_ids, findings)
    return known


def _key_pair(name: str, findings: Findings) -> None:
    try:
        aws.client("ec2").describe_key_pairs(KeyNames=[name])
    except ClientError as error:
        if aws.code(error) != "InvalidKeyPair.NotFound":
            raise
        findings.wrong(
            "launchTemplate.keyName",
            f"the key pair '{name}'{findings.origin('keyName')} does not exist in this account and Region. "
            "Set launchTemplate.keyName to one that does, or to null for none",
        )


def _placement_group(data: Mapping[str, Any], findings: Findings) -> None:
    if lost := placement.missing(data.get("Placement", {})):
        findings.wrong(
            "launchTemplate.placement",
            f"the placement group '{lost}'{findings.origin('placement')} does not exist in this account and "
            "Region. Set launchTemplate.placement to null for none",
        )


def _instance_profile(run: str, given: str, findings: Findings) -> None:
    """Refuse a profile that a launch would be refused for: missing, another account's, without a role."""
    profile = f"the instance profile '{given}'{findings.origin('iamInstanceProfile')}"
    mend = f"Set {_PROFILE} to another, or to null for none"
    is_arn, account = ":" in given, run.split(":")[4]
    if is_arn and (given.split(":")[1], given.split(":")[4]) != (run.split(":")[1], account):
        findings.wrong(_PROFILE, f"{profile} is not one of the account {account}. {mend}")
        return
    try:
        found = aws.client("iam").get_instance_profile(InstanceProfileName=given.rpartition("/")[2])
    except ClientError as error:
        if aws.code(error) != "NoSuchEntity":
            raise
        findings.wrong(_PROFILE, f"{profile} does not exist. {mend}")
        return
    there = found["InstanceProfile"]
    if is_arn and there["Arn"] != given:
        findings.wrong(_PROFILE, f"{profile} does not exist; the one of that name is {there['Arn']}. {mend}")
    elif not there["Roles"]:
        findings.wrong(_PROFILE, f"{profile} has no role, so no instance starts with it. Add one. {mend}")


def _topic(run: str, arn: str, findings: Findings) -> None:
    """Refuse a topic that Auto Scaling could not publish to."""
    _, partition, _, region, account, *_ = run.split(":")
    field = "group.notificationTopicArn"
    if arn.split(":")[1:5] != [partition, "sns", region, account]:
        findings.wrong(
            field,
            f"{arn} is not of the group's Region and account, {region} and {account}. Name a topic there",
        )
        return
    try:
        aws.client("sns").get_topic_attributes(TopicArn=arn)
    except ClientError as error:
        if aws.code(error) == "AuthorizationError":
            findings.warnings.append(f"{arn}: its policy keeps this stack from looking it up: {error}")
        elif aws.code(error) in {"NotFound", "NotFoundException"}:
            findings.wrong(field, f"the topic {arn} does not exist. Create it, or name another")
        else:
            raise
