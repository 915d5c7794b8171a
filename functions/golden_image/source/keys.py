"""Customer-managed KMS keys: a launch fails whose role may not use them, so that is checked.

The group's launches are made by its service-linked role, that of a canary by a function of this stack.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.errors import KeyNotGranted, SourceNotSupported
from golden_image.source import key_users
from golden_image.source.key_policy import KeyCall, Verdict, allowed, denied

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef
    from mypy_boto3_ec2.type_defs import SnapshotTypeDef
    from mypy_boto3_kms.type_defs import KeyMetadataTypeDef

    from golden_image.model.source import Source
    from golden_image.source.key_users import KeyUser

_ROLE = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
_OWN, _BY_DEFAULT = "a volume of the source", "every new volume of this account and Region"
_OF_IMAGE = "a snapshot of the image"
_AWS_OWN = "alias/aws/ebs"
_CREATE_GRANT = "CreateGrant"
# Without these no launch succeeds: in the role's name, EC2 lets itself decrypt the volume's data key.
_NEEDED = (_CREATE_GRANT, "Decrypt")


def refuse_ungranted(
    source: Source, found: AutoScalingGroupTypeDef | None, run: str, *, proves: bool = False
) -> tuple[str, ...]:
    """Refuse a source whose image could not be launched for lack of a customer-managed key.

    The keys are those of its volumes, and the account's default one where EC2 encrypts new volumes although
    the source's are not.

    The role is the group's own, or the default one of the account that `run`, the execution's ARN, is in.
    Answers warnings: of a condition that only the call itself can show, and of rights that AWS recommends.

    Args:
        proves: whether a canary is launched, too.

    Raises:
        KeyNotGranted: with the key and the command that grants it.
        SourceNotSupported: the key is disabled or about to be deleted, so that no stopped instance starts.
    """
    own = {volume.kms_key_id for volume in source.volumes if volume.kms_key_id}
    plain = any(not volume.encrypted for volume in source.volumes)
    return _refuse_ungranted(dict.fromkeys(sorted(own), _OWN), plain, found, run, proves)


def refuse_ungranted_snapshots(
    snapshots: Iterable[SnapshotTypeDef], found: AutoScalingGroupTypeDef, run: str, *, proves: bool = False
) -> tuple[str, ...]:
    """The same for the snapshots of an image that exists.

    Raises:
        KeyNotGranted: with the key and what to do.
    """
    there = list(snapshots)
    own = {one["KmsKeyId"] for one in there if one.get("KmsKeyId")}
    plain = any(not one.get("Encrypted") for one in there)
    return _refuse_ungranted(dict.fromkeys(sorted(own), _OF_IMAGE), plain, found, run, proves)


def _refuse_ungranted(
    encrypts: dict[str, str], plain: bool, found: AutoScalingGroupTypeDef | None, run: str, proves: bool
) -> tuple[str, ...]:
    """Refuse keys that the group's role may not use, or that of a canary.

    Args:
        encrypts: what each key encrypts.
        plain: whether something else is not encrypted, which EC2 may do by itself.
    """
    _, partition, _, _, account, *_ = run.split(":")
    default = f"arn:{partition}:iam::{account}:{_ROLE}"
    users = [key_users.of_group(found.get("ServiceLinkedRoleARN", default) if found else default)]
    users += [key_users.of_canary()] if proves else []
    if plain and (default_key := _default_key()):
        encrypts.setdefault(default_key, _BY_DEFAULT)
    return tuple(warning for key, what in encrypts.items() for warning in _judged(key, what, users))


def _default_key() -> str | None:
    """The key that EC2 encrypts every new volume with; None where it encrypts none by itself."""
    ec2 = aws.client("ec2")
    if not ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"]:
        return None
    key_id = ec2.get_ebs_default_kms_key_id()["KmsKeyId"]
    return None if key_id == _AWS_OWN else key_id


def _judged(key_id: str, what: str, users: list[KeyUser]) -> list[str]:
    kms = aws.client("kms")
    try:
        key = kms.describe_key(KeyId=key_id)["KeyMetadata"]
        if key.get("KeyManager") != "CUSTOMER":
            return []
        _refuse_disabled(key, what)
        policy = _policy(kms, key["Arn"])
        return [
            warning
            for user in users
            for warning in _judge(key["Arn"], what, user, policy, _granted(kms, key["Arn"], user.role))
        ]
    except ClientError as error:
        if aws.code(error) != "AccessDeniedException":
            raise
        raise KeyNotGranted(
            f"the key {key_id} encrypts {what}, and its policy does not let this stack "
            f"read it. Allow the account kms:DescribeKey and kms:ListGrants in its policy: {error}"
        ) from error


def _refuse_disabled(key: KeyMetadataTypeDef, what: str) -> None:
    if key.get("KeyState") == "Enabled":
        return
    state = f"the key {key['Arn']} encrypts {what} and is {key.get('KeyState')}"
    if what != _OWN:
        raise KeyNotGranted(f"{state}: every launch of the group would fail. Enable the key first.")
    raise SourceNotSupported(
        f"{state}: once stopped, the source could not start again. Enable the key first."
    )


def _judge(arn: str, what: str, user: KeyUser, policy: dict[str, Any] | None, granted: set[str]) -> list[str]:
    """Refuse a key that a role may not use; answer warnings."""
    verdicts = {name: _may(name, policy, granted, arn, user) for name in _NEEDED + user.recommended}
    named = f"the key {arn} encrypts {what}, and {user.role} may not use it"
    _refuse(named, arn, user, policy, [name for name in _NEEDED if verdicts[name] is False])
    unsure = _listed(name for name, verdict in verdicts.items() if verdict is None)
    missing = _listed(name for name, verdict in verdicts.items() if verdict is False)
    warnings = {
        f"whether the key {arn} gives {user.role} {unsure} depends on a condition of its policy that only "
        "a launch can show."
        if policy
        else f"whether the policy of the key {arn} gives {user.role} {unsure}, only a launch can show: this "
        "stack may not read it.": unsure,
        f"the key {arn} does not give {user.role} {missing}, which AWS recommends for launches.": missing,
    }
    return [warning for warning, names in warnings.items() if names]


def _refuse(what: str, arn: str, user: KeyUser, policy: dict[str, Any] | None, lacking: list[str]) -> None:
    if not lacking:
        return
    if policy and (forbidden := [name for name in lacking if denied(policy, _call(name, arn, user))]):
        raise KeyNotGranted(
            f"{what}: its policy denies {_listed(forbidden)}, and {user.launches} would fail."
            f"{user.instead} Except the role in the statement that denies."
        )
    raise KeyNotGranted(
        f"{what} ({_listed(lacking)} is missing): {user.launches} "
        f"would fail.{user.instead} Create a grant: aws kms create-grant --key-id {arn} "
        f"--grantee-principal {user.role} --operations Encrypt Decrypt ReEncryptFrom ReEncryptTo "
        "GenerateDataKey GenerateDataKeyWithoutPlaintext DescribeKey CreateGrant"
    )


def _may(name: str, policy: dict[str, Any] | None, granted: set[str], arn: str, user: KeyUser) -> Verdict:
    """Whether the role may do this with the key: nothing denies it, and a grant or a statement allows it.

    Where the policy may not be read, a service-linked role has but its grants; it may leave others to IAM.
    """
    if policy is None:
        return name in granted or (None if user.by_iam else False)
    call = _call(name, arn, user)
    forbidden = denied(policy, call)
    given: Verdict = True if name in granted else allowed(policy, call)
    if forbidden or given is False:
        return False
    return None if forbidden is None else given


def _call(name: str, arn: str, user: KeyUser) -> KeyCall:
    """The call as EC2 makes it in the role's name when an instance is launched."""
    _, partition, _, region, owner, *_ = arn.split(":")
    account = user.role.split(":")[4]
    suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    context = {
        "aws:principalaccount": account,
        "aws:principalarn": user.role,
        "aws:principalisawsservice": "false",
        "aws:principaltype": "AssumedRole",
        "aws:requestedregion": region,
        "aws:resourceaccount": owner,
        "aws:securetransport": "true",
        "kms:calleraccount": account,
        "kms:grantisforawsresource": "true" if name == _CREATE_GRANT else None,
        "kms:viaservice": f"ec2.{region}.{suffix}",
    }
    return KeyCall(f"kms:{name}", user.role, arn, context, by_iam=user.by_iam)


def _policy(kms: Any, arn: str) -> dict[str, Any] | None:
    """The key's policy; None for another account's, where only a grant can be seen."""
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
