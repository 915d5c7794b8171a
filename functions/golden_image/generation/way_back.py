"""The plan of a way back: a group gets the image and the version of one of its generations again."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from golden_image.errors import GroupNotSupported, InvalidInput
from golden_image.generation import choice, launch, proof
from golden_image.group import (
    group,
    instance_types,
    mixed,
    network,
    pinning,
    target_groups,
    template_plan,
    version_data,
    version_differences,
)
from golden_image.group.findings import Findings
from golden_image.model.group import ROLLING, GroupPlan
from golden_image.model.launch_template import LaunchTemplatePlan
from golden_image.model.plan import WayBackPlan
from golden_image.prove_image import look_up as canary
from golden_image.roll_out import alarms, cautions, duration, refusals
from golden_image.run import plan
from golden_image.source import keys

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef

    from golden_image.model.generation import Generation
    from golden_image.run.request import WayBackRequest


def make(run: str, request: WayBackRequest) -> WayBackPlan:
    """The plan of a run that goes back. Nothing of the generation is changed, or made anew.

    Raises:
        GroupNotSupported, RolloutRequired, NoGeneration, GenerationGone, KeyNotGranted,
        LaunchTemplateNotSupported, InvalidInput: see each.
    """
    plan.refuse_no_run(run)
    planned_at = time.time_ns() // 1_000_000
    found = group.find(request.auto_scaling_group_name)
    if found is None:
        raise GroupNotSupported(
            f"there is no Auto Scaling group '{request.auto_scaling_group_name}' to go back with. "
            "A refresh creates it."
        )
    chosen = plan.rollout_of(request, found)
    rolling = request.rolling if chosen == ROLLING else None
    balanced = target_groups.has_traffic(found, None)
    refusals.refuse_unfinishable(found, chosen, request.timeouts, balanced=balanced, rolling=rolling)
    generation, of_choice = choice.chosen(found, request.go_back_to)
    template, data = proof.template(generation), launch.version(generation)
    image, snapshots = proof.image(generation)
    of_keys = keys.refuse_ungranted_snapshots(snapshots, found, run, proves=request.canary is not None)
    looked_up = Findings(request, template, instance_types.find)
    planned = _group(request, found, looked_up)
    looked_up.problems += refusals.sizes_not_set(planned, chosen)
    if rolling:
        looked_up.problems += alarms.wrong(rolling.alarms or ())
        looked_up.problems += duration.too_short(found, rolling, request.approval, request.timeouts.rollout)
    place = network.subnets(found, planned, looked_up)
    looked_up.problems += target_groups.wrong_target_groups(run, planned, chosen, place)
    subnet_ids = tuple(subnet["SubnetId"] for subnet in place)
    reading = cache(version_data.read)
    existing = replace(
        _template(generation, planned.name, data, subnet_ids),
        types=mixed.types(found),
        differences=template_plan.differences(template_plan.launched(found, reading), data),
    )
    canary.look_up(request.canary, existing, image.get("PlatformDetails", "Linux/UNIX"), looked_up)
    if looked_up.problems:
        raise InvalidInput(looked_up.problems)
    of_launch = proof.launch(generation, data, subnet_ids, existing.types)
    return WayBackPlan(
        run=run,
        planned_at=planned_at,
        launch_template=existing,
        group=planned,
        rollout=chosen,
        timeouts=request.timeouts,
        parameter_name=plan.parameter_name(planned.name),
        dry_run=request.dry_run,
        warnings=(
            *of_choice,
            *of_keys,
            *of_launch,
            *looked_up.warnings,
            *cautions.about(found, planned, existing, chosen, reading),
            *(cautions.about_roll(found, rolling) if rolling else ()),
            *plan.left_empty(chosen, planned),
            *plan.kept_volumes(found, chosen),
            *plan.approval_warnings(request.approval),
        ),
        approval=request.approval,
        rolling=rolling,
        pins_group=rolling is not None and pinning.floats(found),
        canary=request.canary,
        goes_back_to=generation,
    )


def _group(request: WayBackRequest, found: AutoScalingGroupTypeDef, findings: Findings) -> GroupPlan:
    """The group as it is, but for the sizes that the input states."""
    before = replace(group.state(found, None), tags=())
    return GroupPlan(
        name=request.auto_scaling_group_name,
        before=before,
        sizes=plan.sizes(request.group, before, findings),
        subnet_ids=None,
        target_group_arns=None,
        health_check_type=None,
        health_check_grace_period=None,
        target_cpu=None,
        notification_topic_arn=None,
        tags={},
        stated_sizes=request.group.stated_sizes,
    )


def _template(
    generation: Generation, group_name: str, data: dict[str, object], subnet_ids: tuple[str, ...]
) -> LaunchTemplatePlan:
    """The version as it is; a roll-back, which finds none of the run's, deletes nothing of it."""
    template = generation.launch_template
    return LaunchTemplatePlan(
        id=template.id,
        name=template.name,
        group_name=group_name,
        base_version=template.version,
        data=template_plan.shown(data),
        subnet_ids=subnet_ids,
        adds_version=False,
        user_data_digest=version_differences.digest(data),
    )
