"""Whether Auto Scaling may use the key that an image's snapshots are encrypted with.

Source: "Required AWS KMS key policy for use with encrypted volumes" in the Auto Scaling User Guide.
"""

from typing import Any

from ec2world.ec2.ebs_keys import withheld_key

SERVICE_LINKED_ROLE = "AWSServiceRoleForAutoScaling"


def key_withheld_from_auto_scaling(ec2: Any, image: Any) -> str | None:
    """The ARN of a customer-managed key that neither a grant nor its policy gives to the role."""
    return withheld_key(ec2, image, lambda principal: SERVICE_LINKED_ROLE in principal)
