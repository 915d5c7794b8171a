from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from moto.kms.models import kms_backends

from golden_image import aws
from golden_image.errors import KeyNotGranted, SourceNotSupported
from golden_image.source import facts, keys
from tests.unit.account import ACCOUNT_ID, CANARY_ROLE, REGION, RUN

if TYPE_CHECKING:
    from tests.unit.account import Account

ROLE = (
    f"arn:aws:iam::{ACCOUNT_ID}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
)
RECOMMENDED = [
    "Encrypt",
    "Decrypt",
    "ReEncryptFrom",
    "ReEncryptTo",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "DescribeKey",
    "CreateGrant",
]
ROOT = f"arn:aws:iam::{ACCOUNT_ID}:root"
# The two statements of the Auto Scaling guide.
USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
FOR_AWS = {"Bool": {"kms:GrantIsForAWSResource": True}}


@pytest.fixture
def key(account: Account) -> str:
    """A customer-managed key with the policy that the console gives it."""
    arn: str = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    allow(account, arn, f"arn:aws:iam::{ACCOUNT_ID}:root")
    return arn


def allow(account: Account, key: str, principal: Any) -> None:
    put(account, key, statement(principal))


def statement(principal: Any = ROLE, action: Any = "kms:*", **more: Any) -> dict[str, Any]:
    """A statement that allows, unless `more` says otherwise."""
    named = principal if principal == "*" else {"AWS": principal}
    return {"Effect": "Allow", "Principal": named, "Action": action, "Resource": "*"} | more


def put(account: Account, key: str, *statements: dict[str, Any]) -> None:
    policy = {"Version": "2012-10-17", "Statement": [statement(ROOT), *statements]}
    account.client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))


def grant(account: Account, key: str, role: str, *operations: str, **more: Any) -> None:
    """A grant of these operations, else of those that AWS recommends."""
    account.client("kms").create_grant(
        KeyId=key, GranteePrincipal=role, Operations=list(operations) or RECOMMENDED, **more
    )


def judge(account: Account, *kms_keys: str | None) -> tuple[str, ...]:
    """The warnings about a source whose volumes are encrypted with these keys."""
    volumes = [{"encrypted": key is not None, "kmsKeyId": key} for key in kms_keys]
    source = facts.describe(facts.find(account.seed(volumes=volumes)))
    with aws.named_errors():
        return keys.refuse_ungranted(source, None, RUN)


def test_a_canary_is_launched_by_a_role_of_this_stack_that_the_key_has_to_let_in(
    account: Account, key: str
) -> None:
    grant(account, key, ROLE)
    source = facts.describe(facts.find(account.seed(volumes=[{"encrypted": True, "kmsKeyId": key}])))

    def judge() -> tuple[str, ...]:
        return keys.refuse_ungranted(source, None, RUN, proves=True)

    # The account's policies give the role what the key's policy leaves to them.
    put(account, key)
    assert judge() == ()
    put(
        account,
        key,
        statement(ROOT, ["kms:CreateGrant"], Effect="Deny") | {"Principal": {"AWS": CANARY_ROLE}},
    )
    with pytest.raises(
        KeyNotGranted, match=f"{CANARY_ROLE} may not use it: its policy denies .* of the canary .*false"
    ):
        judge()
    only = {"Version": "2012-10-17", "Statement": [statement(f"arn:aws:iam::{ACCOUNT_ID}:user/x")]}
    account.client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(only))
    with pytest.raises(
        KeyNotGranted, match=rf"{CANARY_ROLE} may not use it \(kms:CreateGrant, kms:Decrypt is missing"
    ):
        judge()
    grant(account, key, CANARY_ROLE)
    assert judge() == ()


def test_whether_a_canary_may_use_a_key_whose_policy_may_not_be_read_is_warned_of(
    account: Account, key: str
) -> None:
    grant(account, key, ROLE)
    account.faults(
        {"service": "kms", "action": "GetKeyPolicy", "code": "AccessDeniedException", "times": None}
    )
    source = facts.describe(facts.find(account.seed(volumes=[{"encrypted": True, "kmsKeyId": key}])))
    (warning,) = keys.refuse_ungranted(source, None, RUN, proves=True)
    assert f"whether the policy of the key {key} gives {CANARY_ROLE} kms:CreateGrant, kms:Decrypt" in warning
    assert "this stack may not read it" in warning


def test_a_source_without_encryption_asks_kms_nothing(account: Account) -> None:
    judge(account, None)
    assert not account.calls("DescribeKey")


def test_a_key_that_ec2_encrypts_every_volume_with_is_needed_too(account: Account, key: str) -> None:
    ec2 = account.client("ec2")
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)
    assert judge(account, None) == ()
    ec2.enable_ebs_encryption_by_default()
    with pytest.raises(KeyNotGranted, match=f"the key {key} encrypts every new volume .* may not use it"):
        judge(account, None)
    grant(account, key, ROLE)
    assert judge(account, None) == ()
    account.client("kms").disable_key(KeyId=key.rpartition("/")[2])
    with pytest.raises(KeyNotGranted, match=f"the key {key} .* is Disabled: every launch of the group"):
        judge(account, None)


def test_the_default_key_is_not_asked_for_encrypted_volumes(account: Account, key: str) -> None:
    other = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    account.client("ec2").modify_ebs_default_kms_key_id(KmsKeyId=other)
    account.client("ec2").enable_ebs_encryption_by_default()
    grant(account, key, ROLE)
    assert judge(account, key) == ()


def test_a_key_of_awss_own_needs_no_grant(account: Account) -> None:
    managed = account.client("kms").create_key()["KeyMetadata"]
    # moto gives every key to the customer.
    kms_backends[ACCOUNT_ID][REGION].keys[managed["KeyId"]].key_manager = "AWS"
    judge(account, managed["Arn"])
    assert not account.calls("ListGrants", "GetKeyPolicy")


def test_a_customers_key_without_grant_is_refused_with_the_command_that_grants_it(
    account: Account, key: str
) -> None:
    command = f"aws kms create-grant --key-id {key} --grantee-principal {ROLE} --operations"
    with pytest.raises(KeyNotGranted, match=f"the key {key} encrypts a volume .*{command}"):
        judge(account, None, key)


def test_a_granted_key_is_accepted(account: Account, key: str) -> None:
    grant(account, key, ROLE)
    assert judge(account, key) == ()


def test_a_key_that_would_not_let_the_source_start_again_is_refused(account: Account, key: str) -> None:
    grant(account, key, ROLE)
    key_id = key.rpartition("/")[2]
    account.client("kms").disable_key(KeyId=key_id)
    with pytest.raises(SourceNotSupported, match=f"{key} .* is Disabled: .* could not start again. Enable"):
        judge(account, key)
    account.client("kms").schedule_key_deletion(KeyId=key_id)
    with pytest.raises(SourceNotSupported, match="is PendingDeletion"):
        judge(account, key)


def test_a_grant_to_another_role_does_not_count(account: Account, key: str) -> None:
    grant(account, key, f"arn:aws:iam::{ACCOUNT_ID}:role/other")
    with pytest.raises(KeyNotGranted):
        judge(account, key)


@pytest.mark.parametrize("principal", [ROLE, [f"arn:aws:iam::{ACCOUNT_ID}:root", ROLE], "*"])
def test_a_key_whose_policy_names_the_role_is_accepted(account: Account, key: str, principal: Any) -> None:
    allow(account, key, principal)
    judge(account, key)


def test_the_role_is_the_groups_own_where_it_has_one(account: Account, key: str) -> None:
    own = f"{ROLE}_web"
    # moto's groups all have the default role.
    found: Any = account.group() | {"ServiceLinkedRoleARN": own}
    source = facts.describe(facts.find(account.seed(volumes=[{"encrypted": True, "kmsKeyId": key}])))
    grant(account, key, ROLE)
    with pytest.raises(KeyNotGranted, match=own):
        keys.refuse_ungranted(source, found, RUN)
    grant(account, key, own)
    keys.refuse_ungranted(source, found, RUN)


def test_one_key_of_several_volumes_is_looked_at_once(account: Account, key: str) -> None:
    grant(account, key, ROLE)
    judge(account, key, key)
    assert len(account.calls("DescribeKey")) == 1


def test_where_the_policy_may_not_be_read_only_a_grant_counts(account: Account, key: str) -> None:
    account.faults(
        {"service": "kms", "action": "GetKeyPolicy", "code": "AccessDeniedException", "times": None}
    )
    with pytest.raises(KeyNotGranted):
        judge(account, key)
    grant(account, key, ROLE)
    judge(account, key)


@pytest.mark.parametrize("action", ["DescribeKey", "ListGrants"])
def test_a_key_that_may_not_be_looked_at_is_refused_with_what_to_allow(
    account: Account, key: str, action: str
) -> None:
    denied = {"action": action, "code": "AccessDeniedException", "message": "not authorized"}
    account.faults({"service": "kms", **denied})
    with pytest.raises(KeyNotGranted, match=r"Allow the account kms:DescribeKey.*not authorized"):
        judge(account, key)


# What a policy says

AS_AWS_RECOMMENDS = (statement(action=USE), statement(action="kms:CreateGrant", Condition=FOR_AWS))
VIA_EC2 = {"StringEquals": {"kms:ViaService": f"ec2.{REGION}.amazonaws.com", "kms:CallerAccount": ACCOUNT_ID}}
SESSION = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/AWSServiceRoleForAutoScaling/AutoScaling"


def under(operator: str, key: str, *values: Any, principal: Any = ROLE) -> dict[str, Any]:
    """All of KMS to the role under one condition."""
    return statement(principal, Condition={operator: {key: list(values)}})


def without(*elements: str, **more: Any) -> dict[str, Any]:
    return {name: value for name, value in statement().items() if name not in elements} | more


# moto refuses everybody's DescribeKey where a Deny names it for anyone.
DENY: dict[str, Any] = {"Effect": "Deny", "Action": ["kms:CreateGrant", "kms:Decryp*"]}
GIVEN = {
    "as AWS recommends": AS_AWS_RECOMMENDS,
    "all of KMS": (statement(),),
    "any case": (statement(action=["KMS:CREATEGRANT", "Kms:decrypt"]), statement(action=USE)),
    "wildcards": (statement(action=["kms:Create*", "kms:Decryp?", "kms:[!x]", *USE]),),
    "all but others": (without("Action", NotAction=["kms:ScheduleKeyDeletion", "iam:*"]),),
    "everybody": (statement("*"),),
    "everybody as AWS": (statement(["*"]),),
    "all but another": (without("Principal", NotPrincipal={"AWS": f"arn:aws:iam::{ACCOUNT_ID}:role/other"}),),
    "through EC2": (statement("*", Condition=VIA_EC2),),
    "through an EC2": (under("StringLike", "kms:ViaService", "ec2.*.amazonaws.com"),),
    "through EC2 if at all": (under("StringLikeIfExists", "kms:ViaService", "rds.*", "ec2.*"),),
    "by a like role": (under("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/aws-service-role/*"),),
    "not by another": (under("StringNotEquals", "AWS:PrincipalArn", f"arn:aws:iam::{ACCOUNT_ID}:role/x"),),
    "in any of the accounts": (under("ForAnyValue:StringEquals", "kms:CallerAccount", "1", ACCOUNT_ID),),
    "with an account": (under("Null", "kms:CallerAccount", "false"),),
    "with an account, not quoted": (under("Null", "kms:CallerAccount", False),),
    "an empty condition": (statement(Condition={}),),
    "a grant for AWS, if it is one": (under("BoolIfExists", "kms:GrantIsForAWSResource", "true"),),
    "a denied deletion": (statement(), statement("*", "kms:ScheduleKeyDeletion", Effect="Deny")),
    "a denied other": (statement(), statement(f"arn:aws:iam::{ACCOUNT_ID}:role/x") | DENY),
    "denied outside of EC2": (
        statement(),
        under("StringNotEquals", "kms:ViaService", f"ec2.{REGION}.amazonaws.com", principal="*") | DENY,
    ),
    "denied what is not for AWS": (
        statement(),
        statement(
            "*",
            "kms:CreateGrant",
            Effect="Deny",
            Condition={"Bool": {"kms:GrantIsForAWSResource": "false"}},
        ),
    ),
    "this key by its ARN": (statement(Resource="arn:aws:kms:*:*:key/*"),),
}

WITHHELD = {
    "nothing": (),
    "no CreateGrant": (statement(action=USE),),
    "CreateGrant only": (statement(action="kms:CreateGrant"),),
    "DescribeKey only": (statement(action="kms:DescribeKey"),),
    "all but CreateGrant": (without("Action", NotAction="kms:Create*"),),
    "a grant for AWS and nothing else": (statement(Condition=FOR_AWS),),
    "a grant that is not for AWS": (
        statement(action=USE),
        under("Bool", "kms:GrantIsForAWSResource", "false"),
    ),
    "the account alone": (statement(ACCOUNT_ID),),
    "another role": (statement(f"{ROLE}_other"),),
    "a like role": (statement(f"arn:aws:iam::{ACCOUNT_ID}:role/*"),),
    "the service": (without("Principal", Principal={"Service": "autoscaling.amazonaws.com"}),),
    "all but the role": (without("Principal", NotPrincipal={"AWS": [ROLE, ROOT]}),),
    "through another service": (under("StringEquals", "kms:ViaService", f"rds.{REGION}.amazonaws.com"),),
    "in another account": (under("StringEquals", "kms:CallerAccount", "210987654321"),),
    "without an account": (under("Null", "kms:CallerAccount", "true"),),
    "another key": (statement(Resource="arn:aws:kms:us-east-1:1:key/x"),),
    "other values": (under("ForAllValues:StringEquals", "aws:PrincipalArn", "arn:aws:iam::1:role/x"),),
}

DENIED = {
    "Allow and Deny": (statement(), statement() | DENY),
    "CreateGrant denied": (statement(), statement("*", "kms:CreateGrant", Effect="Deny")),
    "the account denied": (statement(), statement(ROOT, "kms:D*", Effect="Deny")),
    "all but others denied": (
        statement(),
        without("Principal", NotPrincipal={"AWS": f"arn:aws:iam::{ACCOUNT_ID}:role/x"}) | DENY,
    ),
    "all but reads denied": (statement(), without("Action", Effect="Deny", NotAction=["kms:Describe*"])),
    "denied through services": (
        statement(),
        under("Null", "kms:ViaService", "false", principal="*") | DENY,
    ),
}

UNSURE = {
    "a tag": (under("StringEquals", "aws:PrincipalTag/team", "web"),),
    "an organization": (under("StringEquals", "aws:PrincipalOrgID", "o-1", principal="*"),),
    "a time": (under("DateLessThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"),),
    "a variable": (under("StringEquals", "aws:PrincipalArn", "${aws:PrincipalArn}"),),
    "an unknown test": (under("NumericEquals", "kms:CallerAccount", 1),),
    "one volume": (under("StringEquals", "kms:EncryptionContext:aws:ebs:id", "vol-1"),),
    "no value": (under("StringEquals", "kms:CallerAccount"),),
    "no value of Null": (under("Null", "kms:CallerAccount"),),
    "another value of Null": (under("Null", "kms:CallerAccount", "perhaps"),),
    "both values of Null": (under("Null", "kms:CallerAccount", "true", "false"),),
    "a number": (under("StringEquals", "kms:CallerAccount", int(ACCOUNT_ID)),),
    "a number as a truth value": (under("Bool", "aws:SecureTransport", 1),),
    "a truth value as a text": (under("StringEquals", "aws:SecureTransport", True),),
    "a null": (under("StringLike", "kms:CallerAccount", None),),
    "an object": (under("StringEquals", "kms:CallerAccount", {"a": ACCOUNT_ID}),),
    "a list in a list": (under("StringEquals", "kms:CallerAccount", [ACCOUNT_ID]),),
    "a wrong value beside a right one": (under("StringEquals", "kms:CallerAccount", ACCOUNT_ID, None),),
    "an unknown test of nothing": (under("NullIfExists", "kms:GrantIsForAWSResource", "true"),),
    "an unknown quantifier": (under("ForSome:StringEquals", "kms:CallerAccount", ACCOUNT_ID),),
    "no key": (statement(Condition={"StringEquals": {}}),),
    "no object of keys": (statement(Condition={"StringEquals": [ACCOUNT_ID]}),),
    "no object of operators": (statement(Condition=[FOR_AWS]),),
    "a null for a condition": (statement(Condition=None),),
    "a denied nothing": (statement(), under("StringNotEquals", "kms:ViaService", principal="*") | DENY),
    "a session": (statement(SESSION),),
    "a denied network": (statement(), under("StringEquals", "aws:SourceVpc", "vpc-1") | DENY),
    "a denied rest": (statement(), without("Principal", NotPrincipal={"AWS": [ROLE, ROOT]}) | DENY),
}


@pytest.mark.parametrize("statements", GIVEN.values(), ids=GIVEN)
def test_a_key_that_a_policy_gives_the_role_is_accepted(account: Account, key: str, statements: Any) -> None:
    put(account, key, *statements)
    assert judge(account, key) == ()


@pytest.mark.parametrize("statements", WITHHELD.values(), ids=WITHHELD)
def test_a_key_that_no_statement_gives_the_role_is_refused(
    account: Account, key: str, statements: Any
) -> None:
    put(account, key, *statements)
    with pytest.raises(KeyNotGranted, match=r"may not use it \(kms:.* is missing\): .* create-grant"):
        judge(account, key)


@pytest.mark.parametrize("statements", DENIED.values(), ids=DENIED)
def test_a_key_that_a_policy_denies_the_role_is_refused_whatever_is_granted(
    account: Account, key: str, statements: Any
) -> None:
    put(account, key, *statements)
    grant(account, key, ROLE)
    with pytest.raises(KeyNotGranted, match=r"its policy denies kms:.*Except the role in the statement"):
        judge(account, key)


@pytest.mark.parametrize("statements", UNSURE.values(), ids=UNSURE)
def test_what_only_a_launch_can_show_is_warned_of(account: Account, key: str, statements: Any) -> None:
    put(account, key, *statements)
    (warning,) = judge(account, key)
    assert f"whether the key {key} gives {ROLE} kms:CreateGrant, kms:Decrypt" in warning


def test_rights_that_aws_recommends_are_warned_of(account: Account, key: str) -> None:
    put(account, key, statement(action=["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey"]))
    (warning,) = judge(account, key)
    assert f"the key {key} does not give {ROLE} kms:Encrypt, kms:GenerateDataKey" in warning


# What a grant gives


@pytest.mark.parametrize(
    "grants",
    [
        [["DescribeKey"]],
        [["CreateGrant", "DescribeKey"]],
        [["Decrypt", "GenerateDataKeyWithoutPlaintext"]],
        # Who creates a grant by a grant gives on what that one has.
        [["CreateGrant", "DescribeKey"], ["Decrypt"]],
    ],
)
def test_a_grant_that_no_launch_can_use_does_not_count(
    account: Account, key: str, grants: list[list[str]]
) -> None:
    for operations in grants:
        grant(account, key, ROLE, *operations)
    with pytest.raises(KeyNotGranted):
        judge(account, key)


@pytest.mark.parametrize("kind", ["EncryptionContextSubset", "EncryptionContextEquals"])
def test_a_grant_for_one_volume_does_not_count(account: Account, key: str, kind: str) -> None:
    grant(account, key, ROLE, Constraints={kind: {"aws:ebs:id": "vol-0123456789abcdef0"}})
    with pytest.raises(KeyNotGranted):
        judge(account, key)


def test_a_grant_and_a_policy_add_up(account: Account, key: str) -> None:
    put(account, key, statement(action="kms:CreateGrant", Condition=FOR_AWS))
    grant(account, key, ROLE, *(name for name in RECOMMENDED if name != "CreateGrant"))
    assert judge(account, key) == ()
