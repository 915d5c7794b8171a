"""The roll of a failed run: the group ends whole on what it launched from before, and never below its floor.

A refresh of the run that is under way is rolled back by AWS. One that ended half-way, or was cancelled, has
left instances of the run's version. A refresh of the undo replaces them, with as many healthy ones as the
roll was to have, and never all at once. By then the group launches from what it had, so that this refresh
needs no configuration of its own. A refresh by somebody else is never ended: it is waited for.

The version of a way back is an older one: the group may have instances of it, or have been rolled to it
before. What was there stays, and nothing is replaced unless a refresh of the run has begun. But a refresh
compares versions only: where it replaces some, it replaces all that are not of the group's version.

A refresh that is to ignore protected or standby instances, as there are some of others, leaves those of the
run as well. They are reported.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.group import giving_back, group, launchable, members, mixed, refreshes, version_data
from golden_image.group.given_back import GivenBack
from golden_image.model.made import template_version
from golden_image.model.plan import WayBackPlan
from golden_image.model.rolling import IGNORE
from golden_image.roll_out import preferences
from golden_image.run import changes
from golden_image.undo import instances

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mypy_boto3_autoscaling.type_defs import (
        AutoScalingGroupTypeDef,
        InstanceRefreshTypeDef,
        InstanceTypeDef,
    )

    from golden_image.model.group import GroupChange
    from golden_image.model.plan import Plan
    from golden_image.model.rolling import RefreshPreferences

# Statuses of a refresh that is ending by itself.
_ENDING = {"RollbackInProgress", "Cancelling"}
_MOST_NAMED = 5
_STANDBY = "Standby"


@dataclass
class RolledBack:
    """What one look at a roll has come to.

    Attributes:
        given: what giving the group back has come to.
        waits_for: what the group waits for, in words; None where nothing of the roll is left.
    """

    given: GivenBack
    waits_for: str | None = None


def roll_back(plan: Plan | WayBackPlan, wanted: RefreshPreferences, versions: Collection[str]) -> RolledBack:
    """Roll the run's refresh back, give the group back, and have what the roll has left replaced.

    Args:
        wanted: the preferences of the roll.
        versions: the run's, as in model.made.

    Raises:
        GoldenImageError: a setting could not be given back.
    """
    name = plan.group.name
    found, change = group.find(name), changes.read(plan.run)
    refresh = refreshes.under_way(refreshes.latest(name)) if found else None
    if refresh and change and _is_own(refresh, change, versions):
        if refresh["Status"] not in _ENDING:
            _end(name, goes_back=_is_first_stage(change) and _why_not(plan, change) is None)
        return RolledBack(GivenBack(), refreshes.told(refresh))
    given = giving_back.give_back(plan)
    if given.waits_for is not None:
        return RolledBack(given, given.waits_for)
    if found is None or given.left or given.stays is not None:
        return RolledBack(given)
    return RolledBack(given, _replace_rest(plan, change, wanted, versions, given))


def left_behind(plan: Plan, versions: Collection[str]) -> list[str]:
    """The instances that the roll has left in the group."""
    found = group.find(plan.group.name)
    return _left(found, changes.read(plan.run), versions) if found else []


def _is_own(refresh: InstanceRefreshTypeDef, change: GroupChange, versions: Collection[str]) -> bool:
    """Whether a refresh is the run's: somebody may roll the group to the version of a way back, too."""
    begun = change.rolling is not None and change.rolling.has_begun(refresh["InstanceRefreshId"])
    return begun and refreshes.launches(refresh, versions)


def _replace_rest(
    plan: Plan | WayBackPlan,
    change: GroupChange | None,
    wanted: RefreshPreferences,
    versions: Collection[str],
    given: GivenBack,
) -> str | None:
    """Have the instances replaced that the roll has left, with a refresh; what is waited for, in words.

    The group launches from what it had before by now, or from what somebody else has given it since.
    """
    found = group.visible(plan.group.name)
    left = _left(found, change, versions)
    if not left or (isinstance(plan, WayBackPlan) and not _has_launched(plan, change)):
        return None
    told = f"{len(left)} instances of the run's version are left ({', '.join(left[:_MOST_NAMED])})"
    if theirs := refreshes.under_way(refreshes.latest(plan.group.name)):
        return f"{told}, {refreshes.told(theirs)}"
    # An answer may still show the group as it was before it was given back.
    if template_version({"LaunchTemplate": group.template_of(found)}) in versions:
        return told
    if _launches_own(plan, found, change, versions, given):
        return None
    last = refreshes.latest(plan.group.name)[:1]
    # Those on their way out need no refresh, which could end others that are as before.
    leaving = {one["InstanceId"] for one in found["Instances"] if _is_leaving(one)}
    staying = [one for one in left if one not in leaving]
    if staying and _start(found, wanted, left, staying, given):
        return ", ".join([told, *(f"before that {refreshes.told(one)}" for one in last)])
    return told if len(left) > len(staying) else None


def _launches_own(
    plan: Plan | WayBackPlan,
    found: AutoScalingGroupTypeDef,
    change: GroupChange | None,
    versions: Collection[str],
    given: GivenBack,
) -> bool:
    """Whether the group launches from the run's version, or now has to: then no refresh leads back.

    Somebody may have set `$Latest` or `$Default`: once the run's version is deleted, the group launches from
    another one. No run deletes that of a way back.
    """
    if _launches(found) in versions:
        if isinstance(plan, WayBackPlan):
            given.stays = "somebody else has set $Latest or $Default, which is that version"
        return True
    if change and _is_as_before(found, change) and (why := _why_not(plan, change)):
        _give_version(found, change)
        given.stays = launchable.cannot_launch(why)
    return given.stays is not None


def _launches(found: AutoScalingGroupTypeDef) -> str | None:
    """The version that a group launches from by now, `<id>/<number>`; None for a launch configuration."""
    used = group.template_of(found)
    launches = version_data.resolved(used.get("LaunchTemplateId"), used.get("Version"))
    return "/".join(launches) if launches else None


def _is_as_before(found: AutoScalingGroupTypeDef, change: GroupChange) -> bool:
    """Whether the group launches from what it had before, and from nothing that somebody else has set."""
    now, before = group.state_without_options(found), change.before
    pinned = replace(before, launch_template_version=change.pinned or before.launch_template_version)
    return now.launches_from in {before.launches_from, pinned.launches_from}


def _give_version(found: AutoScalingGroupTypeDef, change: GroupChange) -> None:
    """Have a group that can launch from nothing else launch from the run's version, as its instances do."""
    if change.version:
        aws.client("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName=found["AutoScalingGroupName"],
            **mixed.launching(found, change.version.id, str(change.version.version)),
        )


def _start(
    found: AutoScalingGroupTypeDef,
    wanted: RefreshPreferences,
    left: Collection[str],
    staying: list[str],
    given: GivenBack,
) -> bool:
    """Start a refresh to what the group launches from, unless it would leave all that are staying."""
    asked: Any = _preferences(found, wanted, left)
    ignored = [one["InstanceId"] for one in found["Instances"] if _is_ignored(one, asked)]
    given.ignored = [one for one in staying if one in ignored]
    if given.ignored == staying:
        return False
    aws.client("autoscaling").start_instance_refresh(
        AutoScalingGroupName=found["AutoScalingGroupName"], Strategy="Rolling", Preferences=asked
    )
    return True


def _is_leaving(member: InstanceTypeDef) -> bool:
    return member["LifecycleState"].startswith("Terminating")


def _left(found: AutoScalingGroupTypeDef, change: GroupChange | None, versions: Collection[str]) -> list[str]:
    """The instances of the run's version that the group did not have before, those of its warm pool too."""
    had = change.had if change else ()
    left = [one for one in members.launched(found["Instances"], versions) if one not in had]
    return left + instances.in_warm_pool(found["AutoScalingGroupName"], versions)


def _has_launched(plan: WayBackPlan, change: GroupChange | None) -> bool:
    """Whether instances of a generation's version may be the run's, and the group launched others before."""
    if change is None or instances.launched_before(plan, change):
        return False
    return any(_is_own(one, change, [plan.version_id]) for one in refreshes.latest(plan.group.name))


def _why_not(plan: Plan | WayBackPlan, change: GroupChange) -> str | None:
    """Why nothing can be launched from what the group had before; None where nothing is known."""
    # That of a way back stays: no run deletes it.
    made = None if isinstance(plan, WayBackPlan) else change.version
    return launchable.why_not(change.before, made, change.before.subnet_ids or plan.group.subnets)


def _is_first_stage(change: GroupChange) -> bool:
    """Whether AWS would roll back to what the group had before: later stages begin with the run's version."""
    return change.rolling is None or change.rolling.stage <= 1


def _end(group_name: str, *, goes_back: bool) -> None:
    """Roll a refresh back, or cancel it where that leads nowhere; nothing where it is over by now."""
    client = aws.client("autoscaling")
    try:
        if goes_back:
            client.rollback_instance_refresh(AutoScalingGroupName=group_name)
        else:
            client.cancel_instance_refresh(AutoScalingGroupName=group_name)
    except ClientError as error:
        if aws.code(error) == "IrreversibleInstanceRefresh":
            client.cancel_instance_refresh(AutoScalingGroupName=group_name)
        elif aws.code(error) != "ActiveInstanceRefreshNotFound":
            raise


def _preferences(
    found: AutoScalingGroupTypeDef, wanted: RefreshPreferences, left: Collection[str]
) -> dict[str, Any]:
    """Those of a refresh to what the group launches from.

    AWS compares no instance with a launch configuration, nor by requirements: then all are replaced.
    """
    launches = None if mixed.by_requirements(found) else _launches(found)
    same = members.launched(found["Instances"], [launches] if launches else [])
    others = [one for one in found["Instances"] if one["InstanceId"] not in {*left, *same}]
    return preferences.of_undo(
        wanted,
        compares=bool(group.template_of(found)) and not mixed.by_requirements(found),
        spares_protected=any(one.get("ProtectedFromScaleIn") for one in others),
        spares_standby=any(one["LifecycleState"] == _STANDBY for one in others),
    )


def _is_ignored(member: InstanceTypeDef, asked: Mapping[str, Any]) -> bool:
    """Whether a refresh with these preferences would leave a member."""
    if member["LifecycleState"] == _STANDBY:
        return bool(asked["StandbyInstances"] == IGNORE)
    protected = bool(member.get("ProtectedFromScaleIn"))
    return protected and bool(asked["ScaleInProtectedInstances"] == IGNORE)
