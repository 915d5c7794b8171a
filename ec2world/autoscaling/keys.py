"""Whether Auto Scaling may use the key that an image's snapshots are encrypted with.

Source: "Required AWS KMS key policy for use with encrypted volumes" in the Auto Scaling User Guide.
"""

import json
from fnmatch import fnmatchcase
from typing import Any

from ec2world.ec2.ebs_keys import is_managed_by_aws, known_key

SERVICE_LINKED_ROLE = "AWSServiceRoleForAutoScaling"
NEEDED = frozenset({"CreateGrant", "Decrypt"})


def key_withheld_from_auto_scaling(ec2: Any, image: Any) -> str | None:
    """The ARN of a customer-managed key that neither a grant nor its policy gives to the service-linked role.

    A key that this world's KMS does not know is taken to be one that may be used.
    """
    for mapping in image.block_device_mappings:
        snapshot = ec2.snapshots.get(mapping.get("Ebs", {}).get("SnapshotId"))
        arn = snapshot.kms_key_id if snapshot else None
        if snapshot and not snapshot.encrypted and ec2.get_ebs_encryption_by_default():
            arn = ec2.default_kms_key_id
        key = known_key(ec2, arn)
        if key is None or is_managed_by_aws(key):
            continue
        if not _given(key):
            return str(key.arn)
    return None


def _given(key: Any) -> bool:
    """Whether both operations are allowed, and none is denied; a condition is taken to hold."""
    statements = json.loads(key.policy)["Statement"]
    allow = [one for one in statements if one["Effect"] == "Allow"]
    deny = [one for one in statements if one["Effect"] == "Deny"]
    granted = any(
        SERVICE_LINKED_ROLE in one.grantee_principal and set(one.operations) >= NEEDED and not one.constraints
        for one in key.grants.values()
    )
    return all(
        (granted or any(_names(one, operation) for one in allow))
        and not any(_names(one, operation) for one in deny)
        for operation in NEEDED
    )


def _names(statement: dict[str, Any], operation: str) -> bool:
    principal = statement.get("Principal", {})
    named = str(principal.get("AWS", "") if isinstance(principal, dict) else principal)
    actions = statement.get("Action", [])
    patterns = [actions] if isinstance(actions, str) else actions
    asked = f"kms:{operation}".lower()
    return (SERVICE_LINKED_ROLE in named or "*" in named) and any(
        fnmatchcase(asked, str(pattern).lower()) for pattern in patterns
    )
