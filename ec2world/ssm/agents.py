"""Which instances Systems Manager manages: those with an instance profile, some time after they have started.

An agent runs on each of them. Sources: "Managed nodes" in the Systems Manager User Guide, and
DescribeInstanceInformation in its API Reference.
"""

from datetime import UTC, datetime
from typing import Any

# Virtual seconds from running to the agent's first ping.
ONLINE_AFTER = 60
_LEFT = {"stopping", "stopped"}


def is_online(instance: Any) -> bool:
    """Whether the agent of an instance would take a command."""
    return (
        instance.iam_instance_profile is not None
        and instance.state == "running"
        and instance.seconds_running >= ONLINE_AFTER
    )


def platform_of(instance: Any) -> str:
    """`Windows` or `Linux`, as Systems Manager names it."""
    return "Windows" if "Windows" in instance.platform_details else "Linux"


def managed(instances: list[Any]) -> list[dict[str, Any]]:
    """What DescribeInstanceInformation shows of those that are, or were, managed."""
    return [
        {
            "InstanceId": one.id,
            "PingStatus": "Online" if is_online(one) else "ConnectionLost",
            "LastPingDateTime": datetime.now(UTC).timestamp(),
            "AgentVersion": "3.3.987.0",
            "PlatformType": platform_of(one),
            "ResourceType": "EC2Instance",
        }
        for one in instances
        if is_online(one) or (one.iam_instance_profile is not None and one.state in _LEFT)
    ]
