"""The public parameters of Systems Manager that name images of Ubuntu and Windows.

moto has those of Amazon Linux. Sources: "Calling AMI public parameters in Parameter Store" in the Systems
Manager User Guide, and "Finding images on AWS" in the documentation of Ubuntu on AWS.
"""

from typing import Any

from ec2world.ec2.billing import Billing

PUBLIC_IMAGES: dict[str, tuple[dict[str, Any], Billing]] = {
    "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id": (
        {"Name": "ubuntu-noble-24.04-amd64-server", "Architecture": "x86_64", "BootMode": "uefi-preferred"},
        Billing.of_platform("linux"),
    ),
    "/aws/service/ami-windows-latest/TPM-Windows_Server-2022-English-Full-Base": (
        {
            "Name": "TPM-Windows_Server-2022-English-Full-Base",
            "Architecture": "x86_64",
            "BootMode": "uefi",
            "TpmSupport": "v2.0",
        },
        Billing.of_platform("windows"),
    ),
}
"""The attributes and the billing of the image that a parameter names."""
