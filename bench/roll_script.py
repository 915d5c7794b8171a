"""The script that a person would write with boto3 to roll a group: start the refresh, look every 15 seconds.

It notes nothing, undoes nothing, and proves no image before.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient

POLL_SECONDS = 15
"""Delay of botocore's waiters; Auto Scaling has none for an instance refresh."""


def roll(
    autoscaling: AutoScalingClient, group: str, version: str, first_look: float = 0, second: float = 1
) -> int:
    """Roll a group to a version of the launch template that has its name; answers how often it looked.

    Args:
        autoscaling: a client.
        group: its name.
        version: a number.
        first_look: in seconds after the start; the next ones come every 15 s.
        second: real seconds that one of the script's seconds lasts.

    Raises:
        RuntimeError: the refresh did not succeed, and everything stays as it was then.
    """
    refresh = autoscaling.start_instance_refresh(
        AutoScalingGroupName=group,
        DesiredConfiguration={"LaunchTemplate": {"LaunchTemplateName": group, "Version": version}},
        Preferences={"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110, "AutoRollback": True},
    )["InstanceRefreshId"]
    time.sleep(first_look * second)
    looks = 1
    while (status := _status(autoscaling, group, refresh)) in {"Pending", "InProgress"}:
        time.sleep(POLL_SECONDS * second)
        looks += 1
    if status != "Successful":
        raise RuntimeError(f"{refresh} of {group} is {status}")
    return looks


def _status(autoscaling: AutoScalingClient, group: str, refresh: str) -> str:
    found = autoscaling.describe_instance_refreshes(AutoScalingGroupName=group, InstanceRefreshIds=[refresh])
    return found["InstanceRefreshes"][0]["Status"]
