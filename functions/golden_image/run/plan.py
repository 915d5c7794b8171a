"""The plan: the completed input. All look-ups and refusals happen here, before anything changes."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from golden_image import names, tags
from golden_image.errors import FieldError, InvalidInput, RolloutRequired
from golden_image.group import (
    group,
    instance_types,
    launch_template,
    mixed,
    neighbours,
    network,
    pinning,
    references,
    target_groups,
    template_plan,
    version_data,
    volumes,
)
from golden_image.group.findings import Findings
from golden_image.image import owned, registration
from golden_image.model.group import DRAIN, NONE, RECREATE, ROLLING, GroupPlan, GroupState, Sizes
from golden_image.model.image import Image
from golden_image.model.plan import Plan
from golden_image.model.source import RUNNING, STOPPED, Source
from golden_image.prove_image import look_up as canary
from golden_image.roll_out import alarms, cautions, duration, refusals
from golden_image.roll_out import warnings as rollout_warnings
from golden_image.run import owed
from golden_image.run.request import (
    GroupRequest,
    RunRequest,
    WayBackRequest,
    for_new_group,
    for_new_template,
)
from golden_image.source import facts, keys, preparation
from golden_image.source.refusals import refuse_unsupported

if TYPE_CHECKING:
    from mypy_boto3_autoscaling.type_defs import AutoScalingGroupTypeDef
    from mypy_boto3_ec2.type_defs import InstanceTypeDef, LaunchTemplateTypeDef

    from golden_image.group.version_data import Reading
    from golden_image.model.approval import ApprovalPlan
    from golden_image.model.launch_template import LaunchTemplatePlan


# An Auto Scaling group's name has 255 characters, a digest 9 more; SSM takes 1,011 with the ARN.
_LONGEST_PARAMETER = 264
_EXECUTION = re.compile(r"arn:[a-z-]+:states:[a-z0-9-]+:\d{12}:execution:[^:\s]{1,80}:[^:\s]{1,80}", re.ASCII)


def make(run: str, request: RunRequest) -> Plan:
    """The plan of a run, which is an execution's ARN.

    Raises:
        SourceNotFound, SourceNotSupported, SourceNotReady, KeyNotGranted, RolloutRequired,
        GroupNotSupported, ImageNameTaken, LaunchTemplateNotSupported, InvalidInput: see each.
    """
    refuse_no_run(run)
    planned_at = time.time_ns() // 1_000_000
    instance = facts.find(request.source_instance_id)
    refuse_unsupported(instance, stops=request.stop_source)
    source = _source(instance, stops=request.stop_source)
    if not request.image.keep_volumes:
        source = source.deleting_volumes()
    found = group.find(request.auto_scaling_group_name)
    chosen = rollout_of(request, found)
    rolling = request.rolling if found and chosen == ROLLING else None
    if found:
        balanced = target_groups.has_traffic(found, None if rolling else request.group.target_group_arns)
        refusals.refuse_unfinishable(found, chosen, request.timeouts, balanced=balanced, rolling=rolling)
    of_keys = keys.refuse_ungranted(source, found, run, proves=request.canary is not None)
    image = _image(run, request, source)
    reading = cache(version_data.read)
    existing = launch_template.find_own(request.launch_template_name)
    looked_up = Findings(request, existing, cache(instance_types.find))
    planned = _group(request, found, source, looked_up)
    template = _template(existing, instance, found, looked_up, reading)
    template = replace(
        template,
        group_name=planned.name,
        subnet_ids=planned.subnets or (source.subnet_id,),
        types=mixed.types(found) if found else (),
    )
    neighbours.refuse_floating(planned.name, template)
    looked_up.problems += refusals.sizes_not_set(planned, chosen)
    if found and rolling:
        looked_up.problems += alarms.wrong(rolling.alarms or ())
        looked_up.problems += duration.too_short(found, rolling, request.approval, request.timeouts.rollout)
    place = network.subnets(found, planned, looked_up)
    looked_up.problems += target_groups.wrong_target_groups(run, planned, chosen, place)
    references.look_up_names(run, planned, template, looked_up)
    template = references.look_up_launch(source, place, planned, template, looked_up)
    preparation.look_up(request.prepare, source, instance["State"]["Name"], looked_up)
    canary.look_up(request.canary, template, source.platform, looked_up)
    if looked_up.problems:
        raise InvalidInput(looked_up.problems)
    return Plan(
        run=run,
        planned_at=planned_at,
        source=source,
        restart_source=request.restart_source,
        image=image,
        image_method=source.image_method,
        launch_template=template,
        group=planned,
        rollout=chosen,
        timeouts=request.timeouts,
        parameter_name=parameter_name(request.auto_scaling_group_name),
        dry_run=request.dry_run,
        warnings=(
            *_warnings(instance, stops=request.stop_source),
            *preparation.of_running(source, stops=request.stop_source),
            *of_keys,
            *looked_up.warnings,
            *cautions.about(found, planned, template, chosen, reading),
            *(cautions.about_roll(found, rolling) if found and rolling else ()),
            *left_empty(chosen, planned),
            *kept_volumes(found, chosen),
            *approval_warnings(request.approval),
        ),
        approval=request.approval,
        rolling=rolling,
        pins_group=rolling is not None and pinning.floats(found),
        stop_source=request.stop_source,
        prepare=request.prepare,
        canary=request.canary,
    )


def refuse_no_run(run: str) -> None:
    """Refuse what is not an execution's ARN."""
    if not _EXECUTION.fullmatch(run):
        raise InvalidInput([FieldError("run", "must be the ARN of a state machine's execution")])


def _source(instance: InstanceTypeDef, *, stops: bool) -> Source:
    """The source's facts. One that an earlier run has stopped, and EC2 has not started since, was running.

    A run that does not stop its source leaves such a one to the sweeper.
    """
    source = facts.describe(instance)
    if stops and source.power_state == STOPPED and owed.find(source.instance_id):
        return replace(source, power_state=RUNNING)
    return source


def rollout_of(request: RunRequest | WayBackRequest, found: AutoScalingGroupTypeDef | None) -> str:
    """As stated; drain for a new group; none for an empty one. No instance is drained by default."""
    if request.rollout:
        return request.rollout
    if found is None:
        return DRAIN
    if found["Instances"]:
        raise RolloutRequired(
            f"'{request.auto_scaling_group_name}' exists and has {len(found['Instances'])} instances. "
            "Set rollout: drain (terminate all, stay at zero), recreate (terminate all, then launch as "
            "many from the new image), rolling (replace some at a time) or none (keep them; only new "
            "instances get the image)."
        )
    return NONE


def _image(run: str, request: RunRequest, source: Source) -> Image:
    name = request.image.name or registration.default_name(run, request.auto_scaling_group_name)
    registration.refuse_taken_name(name)
    return Image(
        name=name,
        description=request.image.description or owned.description(run, source.instance_id),
        tags=request.image.tags or {},
    )


def _group(
    request: RunRequest, found: AutoScalingGroupTypeDef | None, source: Source, findings: Findings
) -> GroupPlan:
    wanted = request.group if found else for_new_group(request.group)
    before = group.state(found, wanted.notification_topic_arn) if found else None
    return GroupPlan(
        name=request.auto_scaling_group_name,
        before=replace(before, tags=()) if before else None,
        sizes=sizes(wanted, before, findings),
        subnet_ids=wanted.subnet_ids if before or wanted.subnet_ids else (source.subnet_id,),
        target_group_arns=wanted.target_group_arns,
        health_check_type=wanted.health_check_type,
        health_check_grace_period=wanted.health_check_grace_period,
        target_cpu=wanted.target_cpu_utilization,
        notification_topic_arn=wanted.notification_topic_arn,
        tags=wanted.tags or {},
        stated_sizes=request.group.stated_sizes,
        removes_target_cpu=before is not None and wanted.removes_target_cpu,
    )


def left_empty(rollout: str, planned: GroupPlan) -> tuple[str, ...]:
    """A warning where the rollout leaves the group without instances."""
    nothing = rollout == RECREATE and planned.sizes.desired_capacity == 0
    return (rollout_warnings.at_zero(planned.name),) if nothing else ()


def _template(
    existing: LaunchTemplateTypeDef | None,
    instance: InstanceTypeDef,
    found: AutoScalingGroupTypeDef | None,
    findings: Findings,
    reading: Reading,
) -> LaunchTemplatePlan:
    of_group = template_plan.tags_of_group(found, findings.request.group.tags)
    if existing:
        return template_plan.of_existing(existing, found, of_group, findings, reading)
    stated = for_new_template(findings.request.launch_template)
    return template_plan.of_new(stated, instance, found, of_group, findings, reading)


def sizes(wanted: GroupRequest, before: GroupState | None, findings: Findings) -> Sizes:
    """The sizes after the rollout: those stated, the others as they are.

    Those that do not go together are told in the findings.
    """
    base = before.sizes if before else Sizes.EMPTY
    after = wanted.stated_sizes.beside(base)
    if not after.are_ordered:
        findings.wrong("group", f"{refusals.unordered(after)}. Set all three.")
    return after


def parameter_name(group_name: str) -> str:
    """`/golden-image/<stack>/<group>`, in the characters that SSM allows a parameter's name.

    A name with other characters gets a digest at its end: `a b` and `a-b` are two groups.
    """
    return f"/golden-image/{tags.stack()}/{names.legal(group_name, 'A-Za-z0-9_.-', _LONGEST_PARAMETER)}"


def _warnings(instance: InstanceTypeDef, *, stops: bool) -> tuple[str, ...]:
    """The effects of a stop and start on the source."""
    address = instance.get("PublicIpAddress")
    owners = {i.get("Association", {}).get("IpOwnerId") for i in instance.get("NetworkInterfaces", [])}
    if stops and address and owners <= {"amazon", None} and instance["State"]["Name"] == RUNNING:
        return (
            f"{instance['InstanceId']} has the public address {address}, which is not an Elastic IP: "
            "it gets a different one when it starts again.",
        )
    return ()


def approval_warnings(approval: ApprovalPlan) -> tuple[str, ...]:
    """What waiting for people holds up."""
    if not approval.at:
        return ()
    return (
        f"the run waits up to {approval.timeout} s for each approval ({', '.join(approval.at)}). It holds "
        "its locks meanwhile, and no time-out of a stage counts this time.",
    )


def kept_volumes(found: AutoScalingGroupTypeDef | None, rollout: str) -> tuple[str, ...]:
    """The volumes of the group's present instances that nobody deletes when the rollout ends these."""
    kept = volumes.kept(found) if found and rollout != NONE else []
    if not kept:
        return ()
    return (
        f"{len(kept)} volumes of the group's present instances stay, and are billed, when {rollout} ends "
        "these: their DeleteOnTermination is false.",
    )
