"""The KMS keys of volumes and snapshots, as far as this world's KMS knows them, and who may use them.

Source: "Requirements for Amazon EBS encryption" in the EBS User Guide. A key that this world's KMS does not
know is taken to be one that may be used, and a condition of a policy is taken to hold.
"""

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from moto.kms.models import kms_backends

NEEDED = frozenset({"CreateGrant", "Decrypt"})


def known_key(ec2: Any, arn: str | None) -> Any:
    """moto's key of that ARN or id; None where there is none, or where another server has it."""
    key_id = str(arn or "").rpartition("/")[2]
    return kms_backends[ec2.account_id][ec2.region_name].keys.get(key_id) if key_id else None


def is_managed_by_aws(key: Any) -> bool:
    """Whether a key is `aws/ebs` and not a customer's, by the description that moto gives that key."""
    return bool(key.key_manager != "CUSTOMER" or "EBS volumes" in key.description)


def withheld_key(ec2: Any, image: Any, is_caller: Callable[[str], bool]) -> str | None:
    """The ARN of a customer-managed key of an image's volumes that is disabled, or not given to the caller.

    Args:
        is_caller: whether a principal, as policies and grants name it, is who launches.
    """
    for mapping in image.block_device_mappings:
        snapshot = ec2.snapshots.get(mapping.get("Ebs", {}).get("SnapshotId"))
        arn = snapshot.kms_key_id if snapshot else None
        if snapshot and not snapshot.encrypted and ec2.get_ebs_encryption_by_default():
            arn = ec2.default_kms_key_id
        key = known_key(ec2, arn)
        if key is None or is_managed_by_aws(key):
            continue
        if not (key.enabled and _given(key, is_caller)):
            return str(key.arn)
    return None


def _given(key: Any, is_caller: Callable[[str], bool]) -> bool:
    """Whether both operations are allowed, and none is denied."""
    statements = json.loads(key.policy)["Statement"]
    allow = [one for one in statements if one["Effect"] == "Allow"]
    deny = [one for one in statements if one["Effect"] == "Deny"]
    granted = any(
        is_caller(one.grantee_principal) and set(one.operations) >= NEEDED and not one.constraints
        for one in key.grants.values()
    )
    return all(
        (granted or any(_names(one, operation, is_caller) for one in allow))
        and not any(_names(one, operation, is_caller) for one in deny)
        for operation in NEEDED
    )


def _names(statement: dict[str, Any], operation: str, is_caller: Callable[[str], bool]) -> bool:
    principal = statement.get("Principal", {})
    named = principal.get("AWS", "") if isinstance(principal, dict) else principal
    actions = statement.get("Action", [])
    patterns = [actions] if isinstance(actions, str) else actions
    asked = f"kms:{operation}".lower()
    return any(
        is_caller(str(one)) or one == "*" for one in ([named] if isinstance(named, str) else named)
    ) and any(fnmatchcase(asked, str(pattern).lower()) for pattern in patterns)
