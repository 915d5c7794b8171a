"""The health of a group's instances in its target groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.group import target_groups

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef

_HEALTHY = "healthy"


def reasons_not_healthy(found: AutoScalingGroupTypeDef, instance_ids: list[str]) -> dict[str, str]:
    """Why these instances of a group are not healthy for its load balancers; one that is has no entry.

    Nothing is asked where the group does not check its load balancers' health.
    """
    if not instance_ids or not target_groups.checks_elb(found["HealthCheckType"]):
        return {}
    reasons: dict[str, str] = {}
    for arn in target_groups.attached(found):
        name = arn.rpartition(":targetgroup/")[2].partition("/")[0]
        states = _states(arn)
        for instance_id in instance_ids:
            if (state := states.get(instance_id, "not registered")) != _HEALTHY:
                reasons.setdefault(instance_id, f"{state} in {name}")
    return reasons


def _states(arn: str) -> dict[str, str]:
    """The state and the reason of each target; of one with several ports a state that is not healthy."""
    try:
        found = aws.client("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    except ClientError as error:
        if aws.code(error) in target_groups.NOT_FOUND:
            return {}
        raise
    states: dict[str, str] = {}
    for one in found:
        instance_id, health = one["Target"]["Id"], one["TargetHealth"]
        state = " ".join(filter(None, [health["State"], health.get("Reason")]))
        if states.get(instance_id, _HEALTHY) == _HEALTHY:
            states[instance_id] = state
    return states
