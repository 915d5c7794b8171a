"""Runs on real parts, up to their commit, by the functions that their states call."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from golden_image import aws
from golden_image.generation import commit, store, way_back
from golden_image.group import group, group_update, launch_template
from golden_image.image import checks, registration, snapshots
from golden_image.model.generation import GenerationImage
from golden_image.roll_out import capacity, drain
from golden_image.run import ledger, plan, request
from golden_image.run.request import RunRequest, WayBackRequest
from golden_image.source import power
from tests.unit.account import ACCOUNT_ID, REGION, STACK, UNDO

if TYPE_CHECKING:
    from golden_image.model.generation import Generation
    from golden_image.model.launch_template import LaunchTemplate
    from golden_image.model.plan import Plan, WayBackPlan
    from tests.unit.account import Account

STARTED = "2026-11-22T03:00:00.000Z"


def arn(name: str) -> str:
    """The ARN of a run of that name."""
    return f"arn:aws:states:{REGION}:{ACCOUNT_ID}:execution:refresh:{name}"


def planned(name: str, **wanted: Any) -> WayBackPlan:
    """The plan of a way back of the group web."""
    asked = request.parse({"autoScalingGroupName": "web", "rollout": "recreate", **wanted})
    assert isinstance(asked, WayBackRequest)
    return way_back.make(arn(name), asked)


def refresh(account: Account, name: str, source: dict[str, Any] | None = None, **wanted: Any) -> Generation:
    """A refresh of the group web by a source of its own; its generation."""
    made = carry_out(account, name, source, **wanted)
    return committed(arn(name), *made)


def another(account: Account, like: Generation) -> Generation:
    """The next generation of the group web, made by hand: a whole refresh takes long."""
    ec2, number = account.client("ec2"), like.number + 1
    name, run = f"web-{number}", arn(f"run-{number}")
    marks = [{"Key": "golden-image:run", "Value": run}, {"Key": "golden-image:stack", "Value": STACK}]
    devices = [
        {"DeviceName": f"/dev/sd{letter}", "Ebs": {"SnapshotId": snapshot}}
        for letter, snapshot in zip("ab", like.image.snapshot_ids, strict=True)
    ]
    image_id = ec2.register_image(
        Name=name,
        Architecture="x86_64",
        VirtualizationType="hvm",
        EnaSupport=True,
        RootDeviceName="/dev/sda",
        BlockDeviceMappings=devices,
        TagSpecifications=[{"ResourceType": "image", "Tags": marks}],
    )["ImageId"]
    made = ec2.create_launch_template_version(
        LaunchTemplateId=like.launch_template.id,
        SourceVersion=str(like.launch_template.version),
        LaunchTemplateData={"ImageId": image_id},
    )["LaunchTemplateVersion"]
    template = replace(like.launch_template, version=made["VersionNumber"])
    found = GenerationImage(image_id, name, like.image.snapshot_ids)
    generation = replace(like, number=number, run=run, image=found, launch_template=template)
    aws.client("dynamodb").put_item(**store.put(generation))
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchTemplate={"LaunchTemplateId": template.id, "Version": str(template.version)},
    )
    return generation


def carry_out(
    account: Account, name: str, source: dict[str, Any] | None = None, **wanted: Any
) -> tuple[GenerationImage, LaunchTemplate]:
    """The same up to its commit. `source` is what is seeded."""
    source_id = account.seed(**source or {})
    asked = request.parse({"sourceInstanceId": source_id, "autoScalingGroupName": "web", **wanted})
    assert isinstance(asked, RunRequest)
    own: Plan = plan.make(arn(name), asked)
    ledger.lock(own, UNDO)
    power.stop(source_id)
    power.check_stopped(source_id, 0, 900)
    of_volumes = snapshots.create(own.run, source_id, [one.volume_id for one in own.source.volumes], {})
    image_id = registration.register(own.run, own.image, own.source, of_volumes)
    found = checks.check(image_id, 0, 900)
    template = launch_template.create(own.run, source_id, own.launch_template, image_id, None)
    if own.group.before is None:
        group.create(own.run, source_id, own.group, template)
    else:
        group_update.update(own.run, own.group, template, own.rollout, own.timeouts)
    group.configure(own.run, own.group)
    roll(own)
    return GenerationImage(image_id, own.image.name, found.snapshot_ids), template


def go_back(own: WayBackPlan) -> None:
    """The work of a way back up to its commit."""
    ledger.lock(own, UNDO)
    template = own.goes_back_to.launch_template
    group_update.update(own.run, own.group, template, own.rollout, own.timeouts)
    group.configure(own.run, own.group)
    roll(own)


def roll(own: Plan | WayBackPlan) -> None:
    """What the rollout does."""
    if own.rollout != "none":
        drain.drain(own.run, own.group.name)
        assert drain.check_drained(own.run, own.group.name, 0, 900).done
    if own.rollout == "recreate":
        capacity.restore(own.run, own.group.name, own.group.stated_sizes)


def committed(run: str, image: GenerationImage, template: LaunchTemplate) -> Generation:
    """Commit a run and unlock its group."""
    generation = commit.commit(run, image, template, STARTED)
    ledger.unlock(run)
    return generation


def went_back(account: Account, name: str, **wanted: Any) -> Generation:
    """A whole way back; its generation."""
    own = planned(name, **wanted)
    go_back(own)
    assert account.found_group()["LaunchTemplate"]["Version"] == str(own.launch_template.base_version)
    return committed(own.run, own.goes_back_to.image, own.goes_back_to.launch_template)
