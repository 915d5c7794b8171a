"""The instances of a failed run in a group that is not its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.group import group
from golden_image.model.made import template_version

if TYPE_CHECKING:
    from collections.abc import Collection


def replace(group_name: str, versions: Collection[str]) -> bool:
    """Have Auto Scaling replace the group's instances that were launched from the run's template version.

    Answers whether there were any; one that is terminating is still there.

    Args:
        versions: the run's, as in model.made.
    """
    found = group.find(group_name)
    launched = [one for one in found["Instances"] if template_version(one) in versions] if found else []
    for instance in launched:
        if not instance["LifecycleState"].startswith("Terminating"):
            _terminate(instance["InstanceId"])
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
