"""Customer-managed KMS keys: without a grant to the group's role every launch fails, so it is checked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.errors import KeyNotGranted, SourceNotSupported
from golden_image.source.key_policy import KeyCall, Verdict, allowed, denied

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef
    from mypy_boto3_kms.type_defs import KeyMetadataTypeDef

    from golden_image.model.source import Source

_ROLE = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
_OWN, _BY_DEFAULT = "a volume of the source", "every new volume of this account and Region"
_AWS_OWN = "alias/aws/ebs"
_CREATE_GRANT = "CreateGrant"
# Without these no launch succeeds: in the role's name, EC2 lets itself decrypt the volume's data key.
_NEEDED = (_CREATE_GRANT, "Decrypt")
# The rest of "Required AWS KMS key policy for use with encrypted volumes" in the Auto Scaling guide.
_RECOMMENDED = (
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
)


def refuse_ungranted(source: Source, found: AutoScalingGroupTypeDef | None, run: str) -> tuple[str, ...]:
    """Refuse a source whose image the group could not launch for lack of a customer-managed key.

    The keys are those of its volumes, and the account's default one where EC2 encrypts the group's volumes
    although the source's are not.

    The role is the group's own, or the default one of the account that `run`, the execution's ARN, is in.
    Answers warnings: of a condition that only the call itself can show, and of rights that AWS recommends.

    Raises:
        KeyNotGranted: with the key and the command that grants it.
        SourceNotSupported: the key is disabled or about to be deleted, so that no stopped instance starts.
    """
    _, partition, _, _, account, *_ = run.split(":")
    default = f"arn:{partition}:iam::{account}:{_ROLE}"
    role = found.get("ServiceLinkedRoleARN", default) if found else default
    own = {volume.kms_key_id for volume in source.volumes if volume.kms_key_id}
    encrypts = dict.fromkeys(sorted(own), _OWN)
    if any(not volume.encrypted for volume in source.volumes) and (default_key := _default_key()):
        encrypts.setdefault(default_key, _BY_DEFAULT)
    return tuple(warning for key, what in encrypts.items() for warning in _judged(key, what, role))


def _default_key() -> str | None:
    """The key that EC2 encrypts every new volume with; None where it encrypts none by itself."""
    ec2 = aws.client("ec2")
    if not ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"]:
        return None
    key_id = ec2.get_ebs_default_kms_key_id()["KmsKeyId"]
    return None if key_id == _AWS_OWN else key_id


def _judged(key_id: str, what: str, role: str) -> list[str]:
    kms = aws.client("kms")
    try:
        return _judge(kms, kms.describe_key(KeyId=key_id)["KeyMetadata"], what, role)
    except ClientError as error:
        if aws.code(error) != "AccessDeniedException":
            raise
        raise KeyNotGranted(
            f"the key {key_id} encrypts {what}, and its policy does not let this stack "
            f"read it. Allow the account kms:DescribeKey and kms:ListGrants in its policy: {error}"
        ) from error


def _judge(kms: Any, key: KeyMetadataTypeDef, what: str, role: str) -> list[str]:
    if key.get("KeyManager") != "CUSTOMER":
        return []
    arn = key["Arn"]
    if key.get("KeyState") != "Enabled":
        state = f"the key {arn} encrypts {what} and is {key.get('KeyState')}"
        if what == _BY_DEFAULT:
            raise KeyNotGranted(f"{state}: every launch of the group would fail. Enable the key first.")
        raise SourceNotSupported(
            f"{state}: once stopped, the source could not start again. Enable the key first."
        )
    policy, granted = _policy(kms, arn), _granted(kms, arn, role)
    verdicts = {name: _may(name, policy, granted, arn, role) for name in _NEEDED + _RECOMMENDED}
    named = f"the key {arn} encrypts {what}, and {role} may not use it"
    _refuse(named, arn, role, policy, [name for name in _NEEDED if verdicts[name] is False])
    unsure = _listed(name for name, verdict in verdicts.items() if verdict is None)
    missing = _listed(name for name, verdict in verdicts.items() if verdict is False)
    warnings = {
        f"whether the key {arn} gives {role} {unsure} depends on a condition of its policy that only "
        "a launch can show.": unsure,
        f"the key {arn} does not give {role} {missing}, which AWS recommends for launches.": missing,
    }
    return [warning for warning, names in warnings.items() if names]


def _refuse(what: str, arn: str, role: str, policy: dict[str, Any] | None, lacking: list[str]) -> None:
    if not lacking:
        return
    if policy and (forbidden := [name for name in lacking if denied(policy, _call(name, arn, role))]):
        raise KeyNotGranted(
            f"{what}: its policy denies {_listed(forbidden)}, and every launch of the group would fail. "
            "Except the role in the statement that denies."
        )
    raise KeyNotGranted(
        f"{what} ({_listed(lacking)} is missing): every launch "
        f"of the group would fail. Create a grant: aws kms create-grant --key-id {arn} "
        f"--grantee-principal {role} --operations Encrypt Decrypt ReEncryptFrom ReEncryptTo "
        "GenerateDataKey GenerateDataKeyWithoutPlaintext DescribeKey CreateGrant"
    )


def _may(name: str, policy: dict[str, Any] | None, granted: set[str], arn: str, role: str) -> Verdict:
    """Whether the role may do this with the key: nothing denies it, and a grant or a statement allows it."""
    if policy is None:
        return name in granted
    call = _call(name, arn, role)
    forbidden = denied(policy, call)
    given: Verdict = True if name in granted else allowed(policy, call)
    if forbidden or given is False:
        return False
    return None if forbidden is None else given


def _call(name: str, arn: str, role: str) -> KeyCall:
    """The call as EC2 makes it in the role's name when an instance is launched."""
    _, partition, _, region, owner, *_ = arn.split(":")
    account = role.split(":")[4]
    suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    context = {
        "aws:principalaccount": account,
        "aws:principalarn": role,
        "aws:principalisawsservice": "false",
        "aws:principaltype": "AssumedRole",
        "aws:requestedregion": region,
        "aws:resourceaccount": owner,
        "aws:securetransport": "true",
        "kms:calleraccount": account,
        "kms:grantisforawsresource": "true" if name == _CREATE_GRANT else None,
        "kms:viaservice": f"ec2.{region}.{suffix}",
    }
    return KeyCall(f"kms:{name}", role, arn, context)


def _policy(kms: Any, arn: str) -> dict[str, Any] | None:
    """The key's policy; None for another account's, where only a grant counts."""
    try:
        return json.loads(kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"])  # type: ignore[no-any-return]
    except ClientError as error:
        if aws.code(error) == "AccessDeniedException":
            return None
        raise


def _granted(kms: Any, arn: str, role: str) -> set[str]:
    """What grants give the role for every volume.

    A grant with a constraint is for one volume: EC2's encryption context is the volume's id. Who may create
    grants by a grant gives on what that grant has, so that CreateGrant is of use only beside Decrypt.
    """
    found: set[str] = set()
    for page in kms.get_paginator("list_grants").paginate(KeyId=arn):
        for grant in page["Grants"]:
            if grant.get("GranteePrincipal") != role or any(grant.get("Constraints", {}).values()):
                continue
            operations = set(grant["Operations"])
            found |= operations if operations.issuperset(_NEEDED) else operations - {_CREATE_GRANT}
    return found


def _listed(names: Any) -> str:
    return ", ".join(f"kms:{name}" for name in names)
