"""Customer-managed KMS keys: without a grant to the group's role every launch fails, so it is checked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.errors import KeyNotGranted, SourceNotSupported

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef
    from mypy_boto3_kms.type_defs import KeyMetadataTypeDef

    from golden_image.model.source import Source

_ROLE = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"


def refuse_ungranted(source: Source, found: AutoScalingGroupTypeDef | None, run: str) -> None:
    """Refuse encrypted volumes whose customer-managed key the group's service-linked role may not use.

    The role is the group's own, or the default one of the account that `run`, the execution's ARN, is in.

    Raises:
        KeyNotGranted: with the key and the command that grants it.
        SourceNotSupported: the key is disabled or about to be deleted, so that no stopped instance starts.
    """
    _, partition, _, _, account, *_ = run.split(":")
    default = f"arn:{partition}:iam::{account}:{_ROLE}"
    role = found.get("ServiceLinkedRoleARN", default) if found else default
    for key_id in sorted({volume.kms_key_id for volume in source.volumes if volume.kms_key_id}):
        _refuse_ungranted_key(key_id, role)


def _refuse_ungranted_key(key_id: str, role: str) -> None:
    kms = aws.client("kms")
    try:
        _judge(kms, kms.describe_key(KeyId=key_id)["KeyMetadata"], role)
    except ClientError as error:
        if aws.code(error) != "AccessDeniedException":
            raise
        raise KeyNotGranted(
            f"the key {key_id} encrypts a volume of the source, and its policy does not let this stack "
            f"read it. Allow the account kms:DescribeKey and kms:ListGrants in its policy: {error}"
        ) from error


def _judge(kms: Any, key: KeyMetadataTypeDef, role: str) -> None:
    if key.get("KeyManager") != "CUSTOMER":
        return
    if key.get("KeyState") != "Enabled":
        raise SourceNotSupported(
            f"the key {key['Arn']} encrypts a volume of the source and is {key.get('KeyState')}: "
            "once stopped, the source could not start again. Enable the key first."
        )
    if _in_grants(kms, key["Arn"], role) or _in_policy(kms, key["Arn"], role):
        return
    raise KeyNotGranted(
        f"the key {key['Arn']} encrypts a volume of the source, and {role} may not use it: every launch "
        f"of the group would fail. Create a grant: aws kms create-grant --key-id {key['Arn']} "
        f"--grantee-principal {role} --operations Encrypt Decrypt ReEncryptFrom ReEncryptTo "
        "GenerateDataKey GenerateDataKeyWithoutPlaintext DescribeKey CreateGrant"
    )


def _in_grants(kms: Any, key_arn: str, role: str) -> bool:
    pages: Iterable[Any] = kms.get_paginator("list_grants").paginate(KeyId=key_arn)
    return any(grant.get("GranteePrincipal") == role for page in pages for grant in page["Grants"])


def _in_policy(kms: Any, key_arn: str, role: str) -> bool:
    """Whether the key's policy allows the role itself; a statement for the account does not reach it.

    The service-linked role's own policy has no kms actions, so delegation to IAM gives it nothing.
    """
    try:
        policy = json.loads(kms.get_key_policy(KeyId=key_arn, PolicyName="default")["Policy"])
    except ClientError as error:
        # Another account's key policy cannot be read from here; only a grant counts then.
        if aws.code(error) == "AccessDeniedException":
            return False
        raise
    return any(_allows(statement, role) for statement in _listed(policy["Statement"]))


def _allows(statement: dict[str, Any], role: str) -> bool:
    principal = statement.get("Principal", {})
    named = _listed(principal if isinstance(principal, str) else principal.get("AWS", []))
    return statement["Effect"] == "Allow" and (role in named or "*" in named)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
