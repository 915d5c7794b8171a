"""What does not stop a rollout, and what its owner should know before: the plan's warnings about the group.

Sources: the Auto Scaling User Guide on suspended processes, warm pools and health checks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image.group import launchable, target_groups, version_data
from golden_image.group.neighbours import FLOATING
from golden_image.model.group import NONE, RECREATE, ROLLING
from golden_image.model.rolling import IGNORE, WAIT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef

    from golden_image.group.version_data import Reading
    from golden_image.model.group import GroupPlan, GroupState
    from golden_image.model.launch_template import LaunchTemplatePlan
    from golden_image.model.rolling import RefreshPreferences

_OF_LAUNCHES = {
    "Launch": "no instance gets the new image before it is resumed",
    "AddToLoadBalancer": "instances that it launches get no traffic until somebody registers them",
}
_OF_A_RECREATE = {
    "HealthCheck": "a new instance that fails its checks counts as healthy",
    "ReplaceUnhealthy": "a new instance that is unhealthy is not replaced, and the rollout waits for it",
}


def about(
    found: AutoScalingGroupTypeDef | None,
    plan: GroupPlan,
    template: LaunchTemplatePlan,
    rollout: str,
    reading: Reading = version_data.read,
) -> tuple[str, ...]:
    """Warnings about a group, None where the run makes it, and what the run will do to it."""
    name = f"'{plan.name}'"
    stated = plan.target_group_arns
    balanced = target_groups.has_traffic(found, stated) if found else bool(stated)
    warnings = list(_of_health(name, found, plan, balanced))
    if found:
        warnings += _of_processes(name, found, rollout, balanced)
        warnings += _of_protection(name, found)
        warnings += _of_warm_pool(name, found, rollout)
        warnings += _of_other_traffic(name, found, rollout)
    if plan.before:
        warnings += _of_an_undo(name, plan.before, template, reading, pins=rollout == ROLLING)
    return tuple(warnings)


def _of_health(
    name: str, found: AutoScalingGroupTypeDef | None, plan: GroupPlan, balanced: bool
) -> Iterator[str]:
    checks = plan.health_check_type or (found["HealthCheckType"] if found else None)
    if not target_groups.checks_elb(checks):
        return
    if not balanced:
        yield (
            f"{name} checks its load balancer's health and has none: only EC2's status checks count. "
            "Set targetGroupArns, or healthCheckType to EC2."
        )
        return
    period = plan.health_check_grace_period
    if period is None and found:
        period = found.get("HealthCheckGracePeriod", 0)
    if period == 0:
        yield (
            f"{name} checks its load balancer's health with a grace period of 0 s: one that fails the "
            "check while it starts is terminated. Set healthCheckGracePeriod to the seconds that it needs."
        )


def _of_processes(name: str, found: AutoScalingGroupTypeDef, rollout: str, balanced: bool) -> Iterator[str]:
    effects = {NONE: _OF_LAUNCHES, RECREATE: _OF_A_RECREATE, ROLLING: _OF_A_RECREATE}.get(rollout, {})
    for process in sorted(one["ProcessName"] for one in found.get("SuspendedProcesses", [])):
        if process in effects and (balanced or process != "AddToLoadBalancer"):
            yield f"{name} has suspended {process}: {effects[process]}."


def _of_protection(name: str, found: AutoScalingGroupTypeDef) -> Iterator[str]:
    if found.get("NewInstancesProtectedFromScaleIn"):
        yield (
            f"{name} protects new instances from scale-in: the next run with drain or recreate is refused "
            "until their protection is removed."
        )


def _of_warm_pool(name: str, found: AutoScalingGroupTypeDef, rollout: str) -> Iterator[str]:
    pool = found.get("WarmPoolConfiguration")
    # A refresh replaces the instances of a warm pool, too.
    if not pool or rollout == ROLLING:
        return
    if rollout == NONE:
        yield (
            f"the warm pool of {name} keeps instances of the old image, and the next ones in service come "
            "from it. Delete the warm pool and make it again after the run."
        )
    elif pool.get("InstanceReusePolicy", {}).get("ReuseOnScaleIn"):
        yield (
            f"the warm pool of {name} takes instances back on scale-in: {rollout} waits until they have "
            "left it, too."
        )


def _of_other_traffic(name: str, found: AutoScalingGroupTypeDef, rollout: str) -> Iterator[str]:
    """Health that Check Capacity does not look at."""
    others = target_groups.other_traffic(found)
    if others and rollout == RECREATE:
        yield f"{name}: the rollout does not wait until new instances are healthy in {', '.join(others)}."


def about_roll(found: AutoScalingGroupTypeDef, rolling: RefreshPreferences) -> Iterator[str]:
    """Warnings about a group that is rolled: what a refresh does to instances, and what it cannot do."""
    name = f"'{found['AutoScalingGroupName']}'"
    if not found["Instances"]:
        yield f"{name} has no instance to replace: the refresh gives it the new version only."
    protected = [one["InstanceId"] for one in found["Instances"] if one.get("ProtectedFromScaleIn")]
    if protected and (chosen := rolling.scale_in_protected_instances) != WAIT:
        does = "leaves on the old image" if chosen == IGNORE else "replaces"
        yield f"the refresh {does} these instances that are protected from scale-in: {', '.join(protected)}."
    standby = [one["InstanceId"] for one in found["Instances"] if one["LifecycleState"] == "Standby"]
    if standby and (chosen := rolling.standby_instances) != WAIT:
        does = "leaves on the old image" if chosen == IGNORE else "terminates"
        yield f"the refresh {does} these instances in Standby: {', '.join(standby)}."
    if configuration := found.get("LaunchConfigurationName"):
        yield (
            f"{name} moves from the launch configuration '{configuration}' to the launch template. AWS "
            "compares no instances with a launch configuration: an undo that has to replace some by itself "
            "replaces all of them."
        )


def _of_an_undo(
    name: str, before: GroupState, template: LaunchTemplatePlan, reading: Reading, *, pins: bool
) -> Iterator[str]:
    if reason := launchable.why_not_now(before, before.subnet_ids or template.subnet_ids, reading):
        yield f"{name} cannot launch again from what it has now, if this run is undone: {reason}."
    version = before.launch_template_version
    if version in FLOATING and pins:
        yield (
            f"{name} takes {version} of its launch template. The run gives it the number of that version "
            "first, and at the end the number of the version to which it is rolled: AWS rolls no refresh "
            "back of a group without a number."
        )
    elif template.adds_version and version in FLOATING and before.launch_template_id == template.id:
        yield (
            f"{name} takes {version} of launch template '{template.name}'. With $Latest "
            "it launches from the new image as soon as the run has added its version: before the rollout and "
            "while the run is undone. The run gives the group the number of its version."
        )
