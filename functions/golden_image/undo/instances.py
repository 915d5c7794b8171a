"""The instances of a failed run in a group that is not its own."""

from __future__ import annotations

from botocore.exceptions import ClientError

from golden_image import aws, tags
from golden_image.group import group


def replace(run: str, group_name: str) -> bool:
    """Have Auto Scaling replace the group's instances that were launched from the run's template version.

    Answers whether there were any; one that is terminating is still there.
    """
    found = group.find(group_name)
    states = {i["InstanceId"]: i["LifecycleState"] for i in found["Instances"]} if found else {}
    pages = aws.client("ec2").get_paginator("describe_instances").paginate(Filters=tags.made_by(run))
    marked = {i["InstanceId"] for page in pages for r in page["Reservations"] for i in r["Instances"]}
    launched = sorted(marked & states.keys())
    for instance_id in launched:
        if not states[instance_id].startswith("Terminating"):
            _terminate(instance_id)
    return bool(launched)


def _terminate(instance_id: str) -> None:
    try:
        aws.client("autoscaling").terminate_instance_in_auto_scaling_group(
            InstanceId=instance_id, ShouldDecrementDesiredCapacity=False
        )
    except ClientError as error:
        # It has left the group meanwhile; the next pass checks again.
        if aws.code(error) != "ValidationError":
            raise
