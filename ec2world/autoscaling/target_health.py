"""What a group's load balancers say about its members, where the group asks them at all.

Source: "Health checks for instances in an Auto Scaling group" in the Auto Scaling User Guide: an instance is
unhealthy where one of the target groups finds it so.
"""

from typing import Any

from ec2world.load_balancing.targets import status_of


def is_healthy_target(member: Any) -> bool:
    """Whether no target group has to be waited for."""
    return not {"initial", "unhealthy"} & _states(member)


def is_unhealthy_target(member: Any) -> bool:
    """Whether a target group finds a member unhealthy."""
    return "unhealthy" in _states(member)


def _states(member: Any) -> set[str]:
    if "ELB" not in (member.group.health_check_type or ""):
        return set()
    known = member.group.autoscaling_backend.elbv2_backend.target_groups
    return {status_of(known[arn], member) for arn in member.registered if arn in known}
