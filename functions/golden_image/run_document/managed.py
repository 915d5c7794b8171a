"""Whether Systems Manager manages an instance."""

from __future__ import annotations

from golden_image import aws

_ONLINE = "Online"


def why_not(instance_id: str) -> str | None:
    """Why Systems Manager would take no command for an instance that is running; None where it would."""
    found = aws.client("ssm").describe_instance_information(
        Filters=[{"Key": "InstanceIds", "Values": [instance_id]}]
    )["InstanceInformationList"]
    if not found:
        return (
            f"{instance_id} is not managed by Systems Manager. It needs the agent, and an instance profile "
            "with AmazonSSMManagedInstanceCore"
        )
    status = found[0].get("PingStatus", "unknown")
    return None if status == _ONLINE else f"the agent of {instance_id} does not report ({status})"
