"""The content of a launch template version: what it starts from, and what the input changes.

A content is in the words of EC2's LaunchTemplateData. Changes are a merge patch of it: a member that is named
replaces the one that is there, None takes it away, and what is not named stays.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws, tags
from golden_image.group import interfaces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_autoscaling.type_defs import LaunchTemplateSpecificationTypeDef

    type Reading = Callable[[str, str], tuple[int, dict[str, Any]]]

# What the run makes itself: the image has the volumes, and a mapping could name an older snapshot of them.
OF_THE_RUN = {"ImageId", "BlockDeviceMappings"}
# Fields of the input that are not a member's own name with a small first letter.
_SPECIAL = {"iamInstanceProfile", "metadataOptions", "monitoring", "tags", "userData"}


def member(field: str) -> str:
    """`KeyName`, the member of LaunchTemplateData that the input's field `keyName` is about."""
    return field[0].upper() + field[1:]


def read(template_id: str, version: str) -> tuple[int, dict[str, Any]]:
    """A version's number and content; `version` may be `$Latest` or `$Default`."""
    found = aws.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=template_id, Versions=[version]
    )["LaunchTemplateVersions"][0]
    return found["VersionNumber"], accepted("CreateLaunchTemplate", found["LaunchTemplateData"])


def resolved(template_id: str | None, version: str | None) -> tuple[str, str] | None:
    """A template and the number of its version; None without a template, or where one of them is gone.

    Args:
        version: as a group has it: a number, `$Latest`, `$Default`, or None for the default one.
    """
    if template_id is None:
        return None
    if version and not version.startswith("$"):
        return template_id, version
    try:
        return template_id, str(read(template_id, version or "$Default")[0])
    except ClientError as error:
        if aws.code(error) in {*aws.NO_TEMPLATE, aws.NO_VERSION}:
            return None
        raise


def base(
    template_id: str, used: LaunchTemplateSpecificationTypeDef, reading: Reading = read
) -> tuple[int, dict[str, Any]]:
    """The version that a new one starts from: the group's own, else the default one; its number and content.

    A group whose version was deleted has none to start from either.

    Args:
        used: what the group launches from; empty where there is none.
        reading: reads a version, as `read` does.
    """
    wanted = used.get("Version", "$Default") if used.get("LaunchTemplateId") == template_id else "$Default"
    try:
        return reading(template_id, wanted)
    except ClientError as error:
        if aws.code(error) != aws.NO_VERSION:
            raise
        return reading(template_id, "$Default")


def accepted(operation: str, answer: Any, name: str = "LaunchTemplateData") -> Any:
    """What EC2 answered, as a parameter of a call: without blanks and what the call does not take."""
    shape: Any = aws.client("ec2").meta.service_model.operation_model(operation).input_shape
    return _accepted(shape.members[name], answer)


def _accepted(shape: Any, answer: Any) -> Any:
    if shape.type_name == "structure":
        known = {key: _accepted(shape.members[key], answer[key]) for key in answer if key in shape.members}
        return {key: value for key, value in known.items() if value not in ("", {}, [])}
    if shape.type_name == "list":
        return [_accepted(shape.member, one) for one in answer]
    return str(answer) if shape.type_name == "timestamp" else answer


def place(data: Mapping[str, Any], subnet_id: str) -> dict[str, Any]:
    """Parameters of RunInstances that put an instance of this content into a subnet.

    EC2 takes a subnet for the instance or for its interfaces; Auto Scaling sets that of the primary one.
    """
    stated = data.get("NetworkInterfaces")
    if not stated:
        return {"SubnetId": subnet_id}
    placed = interfaces.in_subnet(stated, subnet_id)
    return {"NetworkInterfaces": accepted("RunInstances", placed, "NetworkInterfaces")}


def changes(stated: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch that the input's `launchTemplate` makes; user data only where it is taken away."""
    patch = {member(name): value for name, value in stated.items() if name not in _SPECIAL}
    if stated.get("instanceType"):
        patch["InstanceRequirements"] = None  # a version has one of the two
    if "iamInstanceProfile" in stated:
        profile = stated["iamInstanceProfile"]
        patch["IamInstanceProfile"] = {"Arn" if ":" in profile else "Name": profile} if profile else None
    if "monitoring" in stated:
        wanted = stated["monitoring"]
        patch["Monitoring"] = None if wanted is None else {"Enabled": wanted}
    if "metadataOptions" in stated:
        options = stated["metadataOptions"]
        patch["MetadataOptions"] = options and {member(name): value for name, value in options.items()}
    if "tags" in stated and stated["tags"] is None:
        patch["TagSpecifications"] = None
    if "userData" in stated and not stated["userData"]:
        patch["UserData"] = None
    return {name: value for name, value in patch.items() if value != {}}


def changed(data: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """The content after the changes."""
    result = {name: value for name, value in data.items() if name not in OF_THE_RUN}
    if "NetworkInterfaces" in patch:
        result = interfaces.without(result)
    if "SecurityGroupIds" in patch:
        result = interfaces.with_security_groups(result, patch["SecurityGroupIds"])
    for name, value in patch.items():
        if name == "MetadataOptions" and value:
            options = {**result.get(name, {}), **value}
            result[name] = {key: option for key, option in options.items() if option is not None}
        elif name != "SecurityGroupIds":
            result[name] = value
    return {name: value for name, value in result.items() if value not in (None, {})}


def user_data_of(instance_id: str) -> str | None:
    """The source's own user data in base64."""
    attribute = aws.client("ec2").describe_instance_attribute(InstanceId=instance_id, Attribute="userData")
    return attribute.get("UserData", {}).get("Value")


def with_user_data(data: Mapping[str, Any], text: str | None) -> dict[str, Any]:
    """The content with this user data, which EC2 takes in base64; with its own where there is no text."""
    return {**data, "UserData": base64.b64encode(text.encode()).decode()} if text else dict(data)


def tagged(data: Mapping[str, Any], own: Mapping[str, str | None]) -> dict[str, Any]:
    """The content whose instances and volumes get `own` beside the tags that it gives them already.

    None takes a tag away from all that the content tags.
    """
    given = {key: value for key, value in own.items() if value is not None}
    gone = own.keys() - given.keys()
    kinds: dict[Any, dict[str, str]] = {"instance": {}, "volume": {}}
    for one in data.get("TagSpecifications", []):
        had = tags.from_aws(one.get("Tags"))
        kinds.setdefault(one["ResourceType"], {}).update({key: had[key] for key in had if key not in gone})
    for kind in ("instance", "volume"):
        kinds[kind].update(given)
    specifications = [one for kind, all_of in kinds.items() for one in tags.specifications(all_of, kind)]
    return {**data, "TagSpecifications": specifications}
