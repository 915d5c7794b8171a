"""Whether Auto Scaling may use the key that an image's snapshots are encrypted with.

Source: "Required AWS KMS key policy for use with encrypted volumes" in the Auto Scaling User Guide.
"""

from typing import Any

from moto.kms.models import kms_backends

SERVICE_LINKED_ROLE = "AWSServiceRoleForAutoScaling"


def key_withheld_from_auto_scaling(ec2: Any, image: Any) -> str | None:
    """The ARN of a customer-managed key that neither a grant nor its policy gives to the service-linked role.

    A key that this world's KMS does not know is taken to be one that may be used.
    """
    for mapping in image.block_device_mappings:
        snapshot = ec2.snapshots.get(mapping.get("Ebs", {}).get("SnapshotId"))
        key_id = str(snapshot.kms_key_id or "").rpartition("/")[2] if snapshot else ""
        key = kms_backends[ec2.account_id][ec2.region_name].keys.get(key_id) if key_id else None
        if key is None or key.key_manager != "CUSTOMER" or "EBS volumes" in key.description:
            continue
        granted = any(SERVICE_LINKED_ROLE in one.grantee_principal for one in key.grants.values())
        if not granted and SERVICE_LINKED_ROLE not in str(key.policy):
            return str(key.arn)
    return None
