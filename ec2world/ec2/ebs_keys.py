"""The KMS keys of volumes and snapshots, as far as this world's KMS knows them."""

from typing import Any

from moto.kms.models import kms_backends


def known_key(ec2: Any, arn: str | None) -> Any:
    """moto's key of that ARN or id; None where there is none, or where another server has it."""
    key_id = str(arn or "").rpartition("/")[2]
    return kms_backends[ec2.account_id][ec2.region_name].keys.get(key_id) if key_id else None


def is_managed_by_aws(key: Any) -> bool:
    """Whether a key is `aws/ebs` and not a customer's, by the description that moto gives that key."""
    return bool(key.key_manager != "CUSTOMER" or "EBS volumes" in key.description)
