"""The script that a person would write with boto3 for the guide's steps, with botocore's waiters.

It waits for the image before it starts the source again, notes nothing, undoes nothing, and waits as
botocore does: a look every 15 seconds. Its waiters' own patience of 40 looks, ten minutes, is not enough for
the image of a disk above 400 GiB or so; they get as many looks here as it takes.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_ec2 import EC2Client

POLL_SECONDS = 15
"""Delay of botocore's waiters instance_stopped, image_available and instance_running."""


def refresh(
    ec2: EC2Client, autoscaling: AutoScalingClient, source: str, name: str, second: float = 1
) -> None:
    """Image the running instance `source`, make the group `name` of it, and drain the group.

    Args:
        ec2: a client.
        autoscaling: a client.
        source: an instance id.
        name: for the image, the launch template and the group.
        second: real seconds that one of the script's seconds lasts.

    Raises:
        WaiterError, ClientError: and everything stays as it was then.
    """
    delay = POLL_SECONDS * second
    patience: Any = {"Delay": delay, "MaxAttempts": 10_000}

    ec2.stop_instances(InstanceIds=[source])
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[source], WaiterConfig=patience)

    image = ec2.create_image(InstanceId=source, Name=name)["ImageId"]
    ec2.get_waiter("image_available").wait(ImageIds=[image], WaiterConfig=patience)

    ec2.start_instances(InstanceIds=[source])

    instance = ec2.describe_instances(InstanceIds=[source])["Reservations"][0]["Instances"][0]
    ec2.create_launch_template(
        LaunchTemplateName=name,
        LaunchTemplateData={
            "ImageId": image,
            "InstanceType": instance["InstanceType"],
            "SecurityGroupIds": [group["GroupId"] for group in instance["SecurityGroups"]],
        },
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateName": name, "Version": "1"},
        MinSize=1,
        MaxSize=1,
        DesiredCapacity=1,
        VPCZoneIdentifier=instance["SubnetId"],
    )
    ec2.get_waiter("instance_running").wait(InstanceIds=[source], WaiterConfig=patience)

    autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=0, MaxSize=0, DesiredCapacity=0)
    while _members(autoscaling, name):
        time.sleep(delay)


def _members(autoscaling: AutoScalingClient, name: str) -> int:
    found = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
    return len(found["AutoScalingGroups"][0]["Instances"])
