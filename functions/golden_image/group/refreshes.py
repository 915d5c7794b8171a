"""The instance refreshes of a group, as Auto Scaling describes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import aws
from golden_image.model.made import template_version

if TYPE_CHECKING:
    from collections.abc import Collection

    from mypy_boto3_autoscaling.type_defs import InstanceRefreshTypeDef

SUCCESSFUL = "Successful"
# The statuses in which a refresh changes nothing any more.
_OVER = {SUCCESSFUL, "Failed", "Cancelled", "RollbackFailed", "RollbackSuccessful"}


def latest(group_name: str) -> list[InstanceRefreshTypeDef]:
    """The group's refreshes, the newest first: as many as one page has."""
    found = aws.client("autoscaling").describe_instance_refreshes(AutoScalingGroupName=group_name)
    return found["InstanceRefreshes"]


def under_way(found: list[InstanceRefreshTypeDef]) -> InstanceRefreshTypeDef | None:
    """The refresh that may still change its group, of the `latest`; a group has one at a time."""
    return next((one for one in found if one["Status"] not in _OVER), None)


def giving(group_name: str) -> InstanceRefreshTypeDef | None:
    """The refresh under way that is to give the group another version, template or policy at its end."""
    refresh = under_way(latest(group_name))
    return refresh if refresh and refresh.get("DesiredConfiguration") else None


def told(refresh: InstanceRefreshTypeDef) -> str:
    """Its id and status in words, with AWS's reason."""
    reason = f": {refresh['StatusReason']}" if refresh.get("StatusReason") else ""
    return f"the instance refresh {refresh['InstanceRefreshId']} is {refresh['Status']}{reason}"


def launches(refresh: InstanceRefreshTypeDef, versions: Collection[str]) -> bool:
    """Whether a refresh is to one of these versions, as in model.made."""
    desired = refresh.get("DesiredConfiguration", {})
    mixed = desired.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    used = desired.get("LaunchTemplate") or mixed.get("LaunchTemplateSpecification") or {}
    return template_version({"LaunchTemplate": used}) in versions
