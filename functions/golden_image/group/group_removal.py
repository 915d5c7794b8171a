"""The removal of a group that a failed run created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws, tags
from golden_image.errors import RollBackIncomplete
from golden_image.group import group

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef

    from golden_image.model.made import Made


def remove(group_name: str, made: Made) -> bool:
    """Delete the group and its instances where the run created it; leave any other alone.

    Answers whether something of the group is still there: deleting takes as long as its instances do.

    Args:
        made: what the run has made.

    Raises:
        RollBackIncomplete: it has lost the tag that lets the stack delete it.
    """
    found = group.find(group_name)
    if found is None or not made.has_created(found):
        return False
    if found.get("Status") is None:
        _delete(found)
    return True


def _delete(found: AutoScalingGroupTypeDef) -> None:
    name = found["AutoScalingGroupName"]
    try:
        aws.client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)
    except ClientError as error:
        # It is gone and still shown; the next look checks again.
        if aws.code(error) == "ValidationError" and "not found" in error.response["Error"]["Message"].lower():
            return
        command = f"delete-auto-scaling-group --force-delete --auto-scaling-group-name '{name}'"
        raise RollBackIncomplete(tags.how_to_delete(error, found, f"aws autoscaling {command}")) from error
