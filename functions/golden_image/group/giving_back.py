"""An existing group gets back what a run changed of it, where it still has what the run set.

What somebody else has set since is theirs: it stays, and is noted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.group import group, launchable, network, options, refreshes, version_back
from golden_image.group.given_back import GivenBack
from golden_image.model.group import NONE, RECREATE, ROLLING, GroupState, Sizes, StatedSizes
from golden_image.run import changes

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef

    from golden_image.model.group import GroupChange, GroupPlan
    from golden_image.model.plan import RunPlan

# The parameters of an update that name a launch template.
_TEMPLATES = {"LaunchTemplate", "MixedInstancesPolicy"}


def give_back(plan: RunPlan) -> GivenBack:
    """Set each setting of the group that the run has changed to what it was in the moment before.

    Each is judged by itself, so a call that broke off is finished by the next. The update comes last: it
    gives the version and the sizes, with which Auto Scaling launches. No failure before keeps it.

    Raises:
        GoldenImageError: the first failure.
    """
    found, change = group.find(plan.group.name), changes.read(plan.run)
    result = GivenBack()
    if found is None or change is None:
        return result
    if found.get("Status"):
        # Somebody deletes it.
        return GivenBack(left=True)
    version = version_back.give_back(plan, change, found, result)
    # Auto Scaling takes no other version while a refresh, here of somebody else, is to give the group one.
    if version and (refresh := refreshes.giving(plan.group.name)):
        result.waits_for, version = refreshes.told(refresh), {}
    parts = [version]
    if change.settings_written:
        _give_back_options(plan.group, change.before, found, result)
        parts = [*_launch_settings(plan, change, found, result), *parts]
        sizes = _sizes(plan, change, group.sizes(found), result)
        parts += [] if sizes is None else [group.size_settings(sizes)]
    _update(plan, list(filter(None, parts)), result)
    if result.failures:
        raise result.failures[0]
    return result


def _update(plan: RunPlan, parts: list[dict[str, Any]], result: GivenBack) -> None:
    """Update the group, all parts at once; each by itself where Auto Scaling refuses one of them.

    A version that it refuses stays away, and so do subnets, such as those that were deleted meanwhile: no
    later pass could give them back.
    """
    if not parts:
        return
    asked = {name: value for part in parts for name, value in part.items()}
    try:
        aws.client("autoscaling").update_auto_scaling_group(AutoScalingGroupName=plan.group.name, **asked)
    except ClientError as error:
        why = launchable.refused(error) if asked.keys() & _TEMPLATES else None
        message = error.response["Error"]["Message"]
        if why is not None:
            result.stays = launchable.cannot_launch(why)
            _update(plan, [part for part in parts if not part.keys() & _TEMPLATES], result)
        elif len(parts) > 1 and not aws.temporary(error):
            for part in parts:
                with result.kept():
                    _update(plan, [part], result)
        elif "VPCZoneIdentifier" in asked and _is_about_subnets(error):
            result.notes.append(f"subnets: those of before were refused ({message})")
        else:
            raise
        return
    result.left = True
    if "DesiredCapacity" in asked:
        changes.note_sizes_given_back(plan.run)


def _is_about_subnets(error: ClientError) -> bool:
    return aws.code(error) == "ValidationError" and "subnet" in error.response["Error"]["Message"].lower()


def _launch_settings(
    plan: RunPlan, change: GroupChange, found: AutoScalingGroupTypeDef, result: GivenBack
) -> list[dict[str, Any]]:
    """Subnets, and the health check's settings, as UpdateAutoScalingGroup takes them."""
    before, own, asked, place = change.before, plan.group, dict[str, Any](), dict[str, Any]()
    subnet_ids = before.subnet_ids
    if own.subnet_ids is not None:
        # Auto Scaling takes no update from subnets to zones alone: their default subnets bring it back.
        subnet_ids = subnet_ids or _ids_of_default(before.availability_zones)
        now = set(filter(None, found.get("VPCZoneIdentifier", "").split(",")))
        if subnet_ids and result.is_the_runs("subnets", now, set(own.subnet_ids), set(subnet_ids)):
            place["VPCZoneIdentifier"] = ",".join(subnet_ids)
    kind, had = found["HealthCheckType"], before.health_check_type
    if own.health_check_type and result.is_the_runs("health check type", kind, own.health_check_type, had):
        asked["HealthCheckType"] = had
    grace, seconds = own.health_check_grace_period, before.health_check_grace_period
    now_seconds = found.get("HealthCheckGracePeriod", 0)
    if grace is not None and result.is_the_runs("health check grace period", now_seconds, grace, seconds):
        asked["HealthCheckGracePeriod"] = seconds
    return [place, asked]


def _ids_of_default(zones: tuple[str, ...]) -> tuple[str, ...]:
    found = network.default_subnets(zones) if zones else []
    return tuple(sorted(subnet["SubnetId"] for subnet in found))


def _sizes(plan: RunPlan, change: GroupChange, now: Sizes, result: GivenBack) -> Sizes | None:
    """The sizes to set; None where they stay."""
    before, written = _sizes_of_the_run(plan, change)
    if change.drained_from is None and written == StatedSizes():
        return None
    if change.sizes_given_back:
        result.note_sizes(now, before)
        return None
    if change.drained_from is None or change.restored or now.desired_capacity:
        wanted = _judged(now, written, before)
    elif change.sized_by_others:
        wanted = now
    elif now.max_size == written.max_size:
        # The run has set it, and did not come to note that.
        wanted = before
    else:
        wanted = before.after_drain(now)
    result.note_sizes(wanted, before)
    return wanted if wanted != now else None


def _judged(now: Sizes, written: StatedSizes, before: Sizes) -> Sizes:
    """Each size by itself: of before where it is the run's, else somebody's."""
    low = before.min_size if now.min_size == written.min_size else now.min_size
    high = before.max_size if now.max_size == written.max_size else now.max_size
    if now.desired_capacity != written.desired_capacity:
        # The limits make room for it: instances that somebody wants are not ended.
        return StatedSizes(desired_capacity=now.desired_capacity).over(Sizes(low, high, 0))
    high = max(low, high)
    return Sizes(low, high, max(low, min(before.desired_capacity, high)))


def _sizes_of_the_run(plan: RunPlan, change: GroupChange) -> tuple[Sizes, StatedSizes]:
    """Those just before the run set any, and those that it has set, but for the zeros of a drain."""
    before, stated = change.drained_from, plan.group.stated_sizes
    if before is None:
        before = change.before.sizes
        moved = stated.over(before).desired_capacity
        # Auto Scaling moves a desired capacity into limits that are set.
        sized = stated if moved == before.desired_capacity else replace(stated, desired_capacity=moved)
        return before, sized if plan.rollout in {NONE, ROLLING} else StatedSizes()
    if plan.rollout != RECREATE:
        return before, StatedSizes()
    after = stated.over(before)
    return before, StatedSizes(after.min_size, after.max_size, after.desired_capacity)


def _give_back_options(
    plan: GroupPlan, before: GroupState, found: AutoScalingGroupTypeDef, result: GivenBack
) -> None:
    if plan.target_group_arns is not None:
        _target_groups(found, set(plan.target_group_arns), set(before.target_group_arns), result)
    _tags(plan, before, found, result)
    if plan.target_cpu is not None or plan.removes_target_cpu:
        with result.kept():
            _policy(plan.name, plan.target_cpu, before, result)
    if plan.notification_topic_arn:
        with result.kept():
            _notifications(plan.name, plan.notification_topic_arn, before.notification_types, result)


def _target_groups(
    found: AutoScalingGroupTypeDef, written: set[str], had: set[str], result: GivenBack
) -> None:
    """Each target group by itself: what the run attached goes, what it detached returns."""
    group_name, now = found["AutoScalingGroupName"], set(found.get("TargetGroupARNs", []))
    if new := sorted(now & written - had):
        with result.kept():
            options.detach_target_groups(group_name, new)
            result.left = True
    for arn in sorted(had - written - now):
        with result.kept():
            _attach(group_name, arn, result)
    result.notes += [f"target group {arn}: attached" for arn in sorted(now - written - had)]
    result.notes += [f"target group {arn}: detached" for arn in sorted((written & had) - now)]


def _attach(group_name: str, arn: str, result: GivenBack) -> None:
    try:
        options.attach_target_groups(group_name, [arn])
        result.left = True
    except ClientError as error:
        # It was deleted meanwhile: no later pass could attach it.
        if aws.code(error) != "ValidationError":
            raise
        result.notes.append(f"target group {arn}: not attached ({error.response['Error']['Message']})")


def _tags(plan: GroupPlan, before: GroupState, found: AutoScalingGroupTypeDef, result: GivenBack) -> None:
    now = {tag.key: tag for tag in group.tags_of(found)}
    had = {tag.key: tag for tag in before.tags}
    changed = [tag for tag in plan.stated_tags if now.get(tag.key) != had.get(tag.key)]
    own = [tag for tag in changed if now.get(tag.key) == tag]
    # A tag's value may be a secret.
    result.notes += [
        f"tag {tag.key}: {'another value' if tag.key in now else 'deleted'}"
        for tag in changed
        if tag not in own
    ]
    if old := [had[tag.key] for tag in own if tag.key in had]:
        with result.kept():
            options.put_tags(plan.name, old)
    if new := [tag for tag in own if tag.key not in had]:
        with result.kept():
            aws.client("autoscaling").delete_tags(Tags=options.tag_list(plan.name, new))
    result.left |= bool(own)


def _policy(group_name: str, percent: float | None, before: GroupState, result: GivenBack) -> None:
    what, had = f"scaling policy {options.SCALING_POLICY}", before.scaling_policy
    if had is None and before.target_cpu is not None:
        had = options.tracking(before.target_cpu)
    written = None if percent is None else options.tracking(percent)
    if not result.is_the_runs(what, options.scaling_policy(group_name), written, had):
        return
    result.left = True
    if had is not None:
        options.put_policy(group_name, had)
    else:
        options.remove_policy(group_name)


def _notifications(group_name: str, topic_arn: str, before: tuple[str, ...], result: GivenBack) -> None:
    now, written = set(options.notification_types(group_name, topic_arn)), set(options.NOTIFICATIONS)
    if not result.is_the_runs(f"notifications to {topic_arn}", now, written, set(before)):
        return
    result.left = True
    if before:
        options.put_notifications(group_name, topic_arn, before)
    else:
        aws.client("autoscaling").delete_notification_configuration(
            AutoScalingGroupName=group_name, TopicARN=topic_arn
        )
