"""The start of an instance refresh, which rolls a group to the run's version.

DesiredConfiguration has the version: Auto Scaling gives it to the group once the refresh has succeeded, so
the group is never updated before. StartInstanceRefresh takes no ClientToken: where its answer was lost, the
refresh is the one to that version that was not there before the run's note. Source: StartInstanceRefresh in
the API Reference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.errors import GroupNotSupported
from golden_image.group import group, members, mixed, pinning, refreshes, target_groups
from golden_image.group.visibility import raise_if_new
from golden_image.model.group import ROLLING, Sizes
from golden_image.roll_out import preferences, refusals
from golden_image.run import rolls

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef

    from golden_image.model.rolling import Rolling
    from golden_image.model.stage import Stage


@dataclass(frozen=True)
class Started:
    """A refresh that is under way.

    Attributes:
        sizes: the group's, as the refresh found them.
    """

    refresh_id: str
    sizes: Sizes
    warnings: tuple[str, ...]


def start(run: str, group_name: str, stage: Stage) -> Started:
    """Start the refresh of a stage, or find the one that an earlier try has started.

    What the group is goes into the ledger before, and the id afterwards.

    Raises:
        GroupNotSupported: the roll could not finish or be undone, by what somebody did since the plan.
        NotYetVisible: the group is not shown, or the version is not known everywhere yet.
        ResourceBusy: a refresh has begun in this moment; the next try knows whose it is.
        RunSettled: the run no longer decides about the group.
    """
    (begun, change), found = rolls.what_has_begun(run), group.visible(group_name)
    version = [stage.launch_template.version_id]
    latest = refreshes.latest(group_name)
    there = [one["InstanceRefreshId"] for one in latest if refreshes.launches(one, version)]
    refresh_id, told = _started_before(stage, begun, there), tuple[str, ...]()
    if refresh_id is None:
        refusals.refuse_instance_refresh(group_name, latest)
        _refuse(found, stage)
        had = members.launched(found["Instances"], version)
        # A later try keeps those that the first one has found.
        begun = begun if begun.stage == stage.number else replace(begun, earlier=tuple(there))
        before = rolls.group_before(group.state_without_options(found), begun, change)
        rolls.note_stage(run, before, stage, begun, had)
        refresh_id, told = _start(found, stage)
    rolls.note_refresh(run, begun, stage.number, refresh_id)
    return Started(refresh_id, group.sizes(found), told)


def _started_before(stage: Stage, begun: Rolling, there: list[str]) -> str | None:
    """The id of this stage's refresh, where an earlier try has started it; `there` are all to its version."""
    if len(begun.refresh_ids) >= stage.number:
        return begun.refresh_ids[stage.number - 1]
    if begun.stage < stage.number:
        return None
    return next((one for one in there if begun.has_begun(one) and one not in begun.refresh_ids), None)


def _refuse(found: AutoScalingGroupTypeDef, stage: Stage) -> None:
    """Refuse a group that a plan would refuse now."""
    name, balanced = found["AutoScalingGroupName"], target_groups.has_traffic(found, None)
    refusals.refuse_by_settings(found, ROLLING, stage.timeouts, balanced=balanced, rolling=stage.rolling)
    if stage.number == 1 and pinning.floats(found):
        raise GroupNotSupported(
            f"'{name}' takes {group.template_of(found).get('Version') or '$Default'} of its launch template "
            "since the plan: AWS could not roll a refresh back. Start a new run, which pins it."
        )


def _start(found: AutoScalingGroupTypeDef, stage: Stage) -> tuple[str, tuple[str, ...]]:
    """Start it with AutoRollback; without, where AWS refuses that of this group: the undo then rolls it back.

    AWS refuses it of a group whose own version has a parameter of Systems Manager in the place of an image.
    After the first stage the group has the run's version, to which AWS would roll back.
    """
    template, first = stage.launch_template, stage.number == 1
    name, number = found["AutoScalingGroupName"], str(template.version)
    asked: Any = {
        "AutoScalingGroupName": name,
        "Strategy": "Rolling",
        "DesiredConfiguration": mixed.launching(found, template.id, number),
        "Preferences": {**preferences.of_aws(stage.preferences), "AutoRollback": first},
    }
    client = aws.client("autoscaling")
    try:
        try:
            started = client.start_instance_refresh(**asked)
        except ClientError as error:
            message = error.response["Error"]["Message"]
            if aws.code(error) != "ValidationError" or "AutoRollback" not in message:
                raise
            asked["Preferences"]["AutoRollback"] = False
            started = client.start_instance_refresh(**asked)
            return started["InstanceRefreshId"], (_not_by_aws(name, message),)
    except ClientError as error:
        raise_if_new(error, template)
        raise
    return started["InstanceRefreshId"], ()


def _not_by_aws(group_name: str, message: str) -> str:
    return (
        f"the refresh of '{group_name}' was started without AutoRollback, as AWS refused it ({message}): "
        "a failure is rolled back by the run"
    )
