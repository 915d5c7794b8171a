"""Target groups: those that a group has, and what is wrong with those that it is to get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.errors import FieldError
from golden_image.model.group import NONE, RECREATE, ROLLING

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef
    from mypy_boto3_ec2.type_defs import SubnetTypeDef
    from mypy_boto3_elbv2.type_defs import TargetGroupTypeDef

    from golden_image.model.group import GroupPlan

_ELB = "ELB"
_FIELD = "group.targetGroupArns"
NOT_FOUND = {"TargetGroupNotFound", "TargetGroupNotFoundException"}


def attached(group: AutoScalingGroupTypeDef) -> tuple[str, ...]:
    """The ARNs of the target groups that a group registers its instances with, however they were attached."""
    sources = group.get("TrafficSources", [])
    arns = [source["Identifier"] for source in sources if source.get("Type") == "elbv2"]
    return tuple(dict.fromkeys([*group.get("TargetGroupARNs", []), *arns]))


def has_traffic(found: AutoScalingGroupTypeDef, stated: tuple[str, ...] | None) -> bool:
    """Whether a group will register its instances with anything: target groups, load balancers, services.

    Args:
        stated: the target groups that replace those of the group; None where these stay.
    """
    arns = attached(found) if stated is None else stated
    return bool(arns or other_traffic(found))


def other_traffic(found: AutoScalingGroupTypeDef) -> list[str]:
    """Classic load balancers and services, which a run leaves as they are."""
    sources = [one["Identifier"] for one in found.get("TrafficSources", []) if one.get("Type") != "elbv2"]
    return sorted({*found.get("LoadBalancerNames", []), *sources})


def checks_elb(health_check_type: str | None) -> bool:
    """Whether a group's health checks, such as `EC2,ELB`, include those of its load balancers."""
    return _ELB in (health_check_type or "").split(",")


def wrong_target_groups(
    run: str, planned: GroupPlan, rollout: str, place: list[SubnetTypeDef]
) -> list[FieldError]:
    """What is wrong with target groups that would keep the group's instances from their traffic.

    Those that the input states have an entry for each; those that the group has itself have one, for all.

    Args:
        run: the execution's ARN, for the stack's Region and account.
        place: the group's subnets, as network.subnets has found them.
    """
    before, stated = planned.before, planned.target_group_arns
    checks = planned.health_check_type or (before.health_check_type if before else None)
    # An existing group is rolled before it gets what the input states.
    waits = rollout == RECREATE or (rollout == ROLLING and (stated is None or before is None))
    waited_for = waits and checks_elb(checks)
    vpc_id = place[0]["VpcId"] if place else None
    arns = before.target_group_arns if stated is None and before and rollout != NONE else stated or ()
    found = [reason_unusable(arn, run, vpc_id, waited_for=waited_for) for arn in arns]
    if stated is not None:
        return [FieldError(f"{_FIELD}[{index}]", reason) for index, reason in enumerate(found) if reason]
    if reasons := "; ".join(filter(None, found)):
        return [FieldError(_FIELD, f"'{planned.name}' has target groups that it cannot use: {reasons}")]
    return []


def reason_unusable(arn: str, run: str, vpc_id: str | None, *, waited_for: bool) -> str | None:
    """Why a group cannot use a target group; None where it can."""
    _, partition, _, region, account, *_ = arn.split(":")
    _, own_partition, _, own_region, own_account, *_ = run.split(":")
    if (partition, region, account) != (own_partition, own_region, own_account):
        return (
            f"{arn} is in {region} of account {account}, and this stack is in {own_region} of {own_account}: "
            "a group takes target groups of its own Region and account"
        )
    found = _find(arn)
    if found is None:
        return f"{arn} does not exist"
    if found["TargetType"] != "instance":
        return f"{arn} takes targets of the type {found['TargetType']}; a group needs the type instance"
    if vpc_id and found.get("VpcId") != vpc_id:
        return f"{arn} is in {found.get('VpcId')}, and the group's subnets are in {vpc_id}"
    if waited_for and not found.get("LoadBalancerArns"):
        return (
            f"{arn} is used by no load balancer, so that no target in it becomes healthy, which the rollout "
            "waits for. Add it to a listener first, or set healthCheckType to EC2"
        )
    return None


def _find(arn: str) -> TargetGroupTypeDef | None:
    """Elastic Load Balancing's description; asked one by one, for one that is gone fails the whole call."""
    try:
        found = aws.client("elbv2").describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
    except ClientError as error:
        if aws.code(error) in NOT_FOUND:
            return None
        raise
    return found[0] if found else None
