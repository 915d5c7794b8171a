from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from moto.kms.models import kms_backends

from golden_image import aws
from golden_image.errors import KeyNotGranted, SourceNotSupported
from golden_image.source import facts, keys
from tests.unit.account import ACCOUNT_ID, REGION, RUN

if TYPE_CHECKING:
    from tests.unit.account import Account

ROLE = (
    f"arn:aws:iam::{ACCOUNT_ID}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
)


@pytest.fixture
def key(account: Account) -> str:
    """A customer-managed key with the policy that the console gives it."""
    arn: str = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    allow(account, arn, f"arn:aws:iam::{ACCOUNT_ID}:root")
    return arn


def allow(account: Account, key: str, principal: Any) -> None:
    named = principal if principal == "*" else {"AWS": principal}
    statement = {"Effect": "Allow", "Principal": named, "Action": "kms:*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    account.client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))


def grant(account: Account, key: str, role: str) -> None:
    operations = ["Decrypt", "GenerateDataKeyWithoutPlaintext", "CreateGrant"]
    account.client("kms").create_grant(KeyId=key, GranteePrincipal=role, Operations=operations)


def judge(account: Account, *kms_keys: str | None) -> None:
    volumes = [{"encrypted": key is not None, "kmsKeyId": key} for key in kms_keys]
    source = facts.describe(facts.find(account.seed(volumes=volumes)))
    with aws.named_errors():
        keys.refuse_ungranted(source, None, RUN)


def test_a_source_without_encryption_asks_kms_nothing(account: Account) -> None:
    judge(account, None)
    assert not account.calls("DescribeKey")


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
    judge(account, key)
    assert not account.calls("GetKeyPolicy")


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
