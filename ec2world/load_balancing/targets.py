"""Target groups and how their targets are.

A target is `initial` while its first health check is under way, and healthy then, unless it was said how the
targets of the group, or those of one image, are. Source: "Target health status" in the Elastic Load Balancing
guides.
"""

from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.ec2.models import ec2_backends
from moto.elbv2.models import FakeHealthStatus, FakeTargetGroup, elbv2_backends


class TargetGroup(FakeTargetGroup):  # type: ignore[misc]
    """A target group of a given ARN; `state` and `reason` are those of all its targets, or of an image's.

    The account in the ARN may be another than the world's: that of the server of the other services.
    """

    def __init__(self, arn: str, account: str, region: str, vpc_id: str, target_type: str) -> None:
        name = arn.split("/")[1]
        super().__init__(name, account, region, vpc_id, "HTTP", "80", target_type=target_type)
        self.arn = arn
        self.state = "healthy"
        self.reason: str | None = None
        self.image_id: str | None = None


def put_target_group(account: str, region: str, given: dict[str, Any]) -> None:
    """Make a target group of `targetGroupArn` where there is none, and say how its targets are.

    `inUse` is whether a load balancer has it (true unless given), `state` and `reason` are those of all its
    targets (healthy), or of the instances of `imageId` only. `targetType` is instance and `vpcId` the default
    VPC unless they are given.
    """
    arn = given["targetGroupArn"]
    groups = elbv2_backends[account][region].target_groups
    vpc_id = given.get("vpcId") or ec2_backends[account][region].get_default_vpc().id
    kind = given.get("targetType", "instance")
    group = groups.get(arn) or TargetGroup(arn, account, region, vpc_id, kind)
    balancer = arn.replace(":targetgroup/", ":loadbalancer/app/")
    group.load_balancer_arns = [balancer] if given.get("inUse", True) else []
    group.state, group.reason = given.get("state", "healthy"), given.get("reason")
    group.image_id = given.get("imageId")
    groups[arn] = group


def health(group: FakeTargetGroup, wanted: list[str]) -> list[FakeHealthStatus]:
    """The health of the targets that are asked for, else of all that are registered."""
    registered = dict.fromkeys(group.targets) | _members(group)
    return [_health(group, one, registered) for one in wanted or registered]


def status_of(group: FakeTargetGroup, member: Any) -> str:
    """The health of one member that is registered."""
    return str(_health(group, member.instance_id, {member.instance_id: member}).status)


def _members(group: FakeTargetGroup) -> dict[str, Any]:
    """The members of Auto Scaling groups that are registered."""
    groups = autoscaling_backends[group.account_id][group.region_name].autoscaling_groups.values()
    return {
        member.instance_id: member
        for one in groups
        for member in one.instance_states
        if group.arn in member.registered
    }


def _health(group: FakeTargetGroup, instance_id: str, registered: dict[str, Any]) -> FakeHealthStatus:
    reason: str | None
    instance: Any = group.ec2_backend.get_instance_by_id(instance_id)
    member = registered.get(instance_id)
    if instance_id not in registered:
        state, reason = "unused", "Target.NotRegistered"
    elif member is not None and member.is_leaving:
        state, reason = "draining", "Target.DeregistrationInProgress"
    elif not group.load_balancer_arns:
        state, reason = "unused", "Target.NotInUse"
    elif instance is not None and instance.state != "running":
        state, reason = "unused", "Target.InvalidState"
    elif member is not None and _is_initial(member, group.arn):
        state, reason = "initial", "Elb.InitialHealthChecking"
    elif getattr(group, "image_id", None) in (None, getattr(instance, "image_id", None)):
        state, reason = getattr(group, "state", "healthy"), getattr(group, "reason", None)
    else:
        state, reason = "healthy", None
    return FakeHealthStatus(instance_id, group.port, group.health_check_port, state, reason)


def _is_initial(member: Any, arn: str) -> bool:
    """Whether the first health check of a member is still under way."""
    clock = member.group.scene.clock
    return bool(clock.now() < member.registered[arn] + clock.durations.target)
