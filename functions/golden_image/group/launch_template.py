"""The launch template: made, or given a new version, pinned by its number."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws, names, tags
from golden_image.errors import (
    LaunchTemplateInvalid,
    LaunchTemplateNotSupported,
    NotYetVisible,
    ResourceBusy,
)
from golden_image.model.launch_template import LaunchTemplate, LaunchTemplatePlan, MetadataOptions
from golden_image.run import made

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef, LaunchTemplateTypeDef

    from golden_image.run.request import LaunchTemplateRequest

NOT_FOUND = {"InvalidLaunchTemplateName.NotFoundException", "InvalidLaunchTemplateId.NotFound"}
# Answers of RunInstances while a new image, template or version has not reached all of EC2.
_NOT_YET = {"InvalidAMIID.NotFound", "InvalidLaunchTemplateId.VersionNotFound", *NOT_FOUND}


def find(name: str) -> LaunchTemplateTypeDef | None:
    """EC2's description of the launch template of that name."""
    try:
        found = aws.client("ec2").describe_launch_templates(LaunchTemplateNames=[name])["LaunchTemplates"]
    except ClientError as error:
        if aws.code(error) in NOT_FOUND:
            return None
        raise
    return found[0] if found else None


def plan(
    name: str, wanted: LaunchTemplateRequest, instance: InstanceTypeDef, subnet_id: str
) -> LaunchTemplatePlan:
    """The new version's content: what the input says, else what the source has.

    Raises:
        LaunchTemplateNotSupported: a template of that name exists and was not made by this stack.
    """
    existing = find(name)
    if existing and not tags.of_stack(existing):
        raise LaunchTemplateNotSupported(
            f"launch template '{name}' ({existing['LaunchTemplateId']}) exists and has no tag "
            f"{tags.STACK}={tags.stack()}. Set launchTemplateName to another value, or tag the template so "
            "that this stack may add and delete its own versions."
        )
    groups = tuple(group["GroupId"] for group in instance.get("SecurityGroups", []))
    return LaunchTemplatePlan(
        id=existing["LaunchTemplateId"] if existing else None,
        name=name,
        instance_type=wanted.instance_type or instance["InstanceType"],
        key_name=wanted.key_name or instance.get("KeyName"),
        security_group_ids=groups if wanted.security_group_ids is None else wanted.security_group_ids,
        iam_instance_profile=wanted.iam_instance_profile or instance.get("IamInstanceProfile", {}).get("Arn"),
        metadata_options=_metadata_options(wanted.metadata_options, instance),
        monitoring=instance["Monitoring"]["State"] == "enabled"
        if wanted.monitoring is None
        else wanted.monitoring,
        ebs_optimized=instance.get("EbsOptimized", False),
        subnet_id=subnet_id,
        tags=wanted.tags or {},
    )


def _metadata_options(wanted: MetadataOptions, instance: InstanceTypeDef) -> MetadataOptions:
    had = instance.get("MetadataOptions", {})
    return MetadataOptions(
        http_tokens=wanted.http_tokens,
        http_put_response_hop_limit=wanted.http_put_response_hop_limit or had.get("HttpPutResponseHopLimit"),
        http_endpoint=wanted.http_endpoint or had.get("HttpEndpoint"),
        instance_metadata_tags=wanted.instance_metadata_tags or had.get("InstanceMetadataTags"),
    )


def create(
    run: str, instance_id: str, wanted: LaunchTemplatePlan, image_id: str, user_data: str | None
) -> LaunchTemplate:
    """Make the template, or a new version of it; the same run gets the same one again (ClientToken).

    Args:
        user_data: plain text from the input; None takes the source's own.

    Raises:
        LaunchTemplateNotSupported: a template of that name has appeared since the plan.
        NotYetVisible: it exists but is not visible yet.
        RunSettled: the run was undone meanwhile.
    """
    marks = tags.of_run(run, instance_id)
    data: Any = _data(wanted, image_id, marks, _user_data(instance_id, user_data))
    ec2 = aws.client("ec2")
    if wanted.id is not None:
        version = ec2.create_launch_template_version(
            LaunchTemplateId=wanted.id,
            LaunchTemplateData=data,
            VersionDescription=names.label(run),
            ClientToken=tags.token(run, "launch template version"),
        )["LaunchTemplateVersion"]
        return _noted(run, LaunchTemplate(wanted.id, wanted.name, version["VersionNumber"]))
    try:
        created = ec2.create_launch_template(
            LaunchTemplateName=wanted.name,
            LaunchTemplateData=data,
            VersionDescription=names.label(run),
            ClientToken=tags.token(run, "launch template"),
            TagSpecifications=tags.specifications(marks, "launch-template"),
        )["LaunchTemplate"]
    except ClientError as error:
        created = _adopt(run, wanted.name, error)
    return _noted(run, LaunchTemplate(created["LaunchTemplateId"], created["LaunchTemplateName"], 1))


def _noted(run: str, template: LaunchTemplate) -> LaunchTemplate:
    """The template, once its version is in the run's row."""
    made.note(run, made.TEMPLATE_VERSIONS, [f"{template.id}/{template.version}"])
    return template


def _adopt(run: str, name: str, error: ClientError) -> LaunchTemplateTypeDef:
    """This run's template of that name, where the error says that the name is in use."""
    if aws.code(error) != "InvalidLaunchTemplateName.AlreadyExistsException":
        raise error
    what = f"launch template '{name}'"
    refusal = LaunchTemplateNotSupported(
        f"{what} was created by something else after the plan. Start a new run."
    )
    return tags.adopted(run, find(name), what, lambda _: refusal)


def _user_data(instance_id: str, text: str | None) -> str | None:
    """User data in base64: the input's, else the source's own."""
    if text is not None:
        return base64.b64encode(text.encode()).decode()
    attribute = aws.client("ec2").describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
    return attribute.get("UserData", {}).get("Value")


def _data(
    wanted: LaunchTemplatePlan, image_id: str, marks: dict[str, str], user_data: str | None
) -> dict[str, Any]:
    """LaunchTemplateData; its volumes are the image's, so no mapping is repeated here."""
    profile = wanted.iam_instance_profile
    options = wanted.metadata_options
    metadata: dict[str, Any] = {
        "HttpTokens": options.http_tokens,
        "HttpPutResponseHopLimit": options.http_put_response_hop_limit,
        "HttpEndpoint": options.http_endpoint,
        "InstanceMetadataTags": options.instance_metadata_tags,
    }
    optional: dict[str, Any] = {
        "KeyName": wanted.key_name,
        "SecurityGroupIds": list(wanted.security_group_ids),
        "IamInstanceProfile": {"Arn" if ":" in profile else "Name": profile} if profile else None,
        "UserData": user_data,
    }
    return {
        "ImageId": image_id,
        "InstanceType": wanted.instance_type,
        "MetadataOptions": {name: value for name, value in metadata.items() if value is not None},
        "Monitoring": {"Enabled": wanted.monitoring},
        "EbsOptimized": wanted.ebs_optimized,
        "TagSpecifications": tags.specifications({**wanted.tags, **marks}, "instance", "volume"),
        **{name: value for name, value in optional.items() if value},
    }


def prove(template: LaunchTemplate, subnet_id: str) -> None:
    """Test with a dry run whether EC2 would launch from this version.

    CreateLaunchTemplate checks little; RunInstances with DryRun checks the parameters and the permissions.

    Raises:
        LaunchTemplateInvalid: with AWS's reason.
        NotYetVisible, ResourceBusy: a resource of the version is not known everywhere yet; retry.
    """
    try:
        aws.client("ec2").run_instances(
            DryRun=True,
            MinCount=1,
            MaxCount=1,
            SubnetId=subnet_id,
            LaunchTemplate={"LaunchTemplateId": template.id, "Version": str(template.version)},
        )
    except ClientError as error:
        if aws.code(error) == "DryRunOperation":
            return
        if aws.code(error) in _NOT_YET:
            raise NotYetVisible(f"launch template {template.id} is not fully visible yet: {error}") from error
        if "instance profile" in str(error).lower():
            raise ResourceBusy(f"the instance profile has not reached EC2 yet: {error}") from error
        if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500 or "Limit" in aws.code(error):
            raise
        raise LaunchTemplateInvalid(
            f"EC2 would not launch version {template.version} of '{template.name}': "
            f"{aws.code(error)}: {error.response['Error']['Message']}"
        ) from error
