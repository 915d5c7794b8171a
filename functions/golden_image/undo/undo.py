"""The undo of a run: its resources are deleted, and the source and the group are restored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import aws, events, polling
from golden_image.errors import GoldenImageError, RollBackIncomplete, SourceNotFound, TryAgain
from golden_image.group import group, group_removal, template_removal, volumes
from golden_image.image import removal
from golden_image.model.check import Check
from golden_image.model.plan import Plan
from golden_image.model.source import RUNNING, STOPPED
from golden_image.run import ledger
from golden_image.source import power
from golden_image.undo import instances

if TYPE_CHECKING:
    from collections.abc import Callable

    from golden_image.model.made import Made

_PASS_EVERY = 20


def undo(run: str, waited: int, limit: int) -> Check:
    """One pass of undoing a run, by ledger row and tags; done when a late pass finds nothing.

    A pass finds the resources with the run's tag, deletes them, and restores settings that
    differ from before. One part that fails does not keep the others from being undone.

    Args:
        run: the execution's ARN. One without a row changed nothing, or is undone.
        waited: seconds since the first pass.
        limit: seconds after which the parts that are left are named in an error.

    Raises:
        TryAgain: one of its kinds; worth another try by the workflow.
        RollBackIncomplete: names each part that stays.
    """
    row = ledger.read(run)
    if row is None:
        return polling.finished("nothing to undo")
    plan = events.from_event(Plan, row.plan)
    left, failures = _pass(plan, row.made)
    for failure in failures.values():
        if isinstance(failure, TryAgain):
            raise failure
    if failures or (left and waited >= limit):
        refused = [f"{part} ({type(error).__name__}: {error})" for part, error in failures.items()]
        raise RollBackIncomplete(f"could not undo: {'; '.join(refused + left)}")
    if not left and waited >= polling.SETTLED_AFTER:
        return polling.finished(f"everything is undone{_kept_volumes(plan, row.made)}")
    return Check(done=False, wait_seconds=_PASS_EVERY, progress=", ".join(left) or "checking again")


def _kept_volumes(plan: Plan, made: Made) -> str:
    """What an input with keepVolumes leaves of the run's instances."""
    if all(volume.delete_on_termination for volume in plan.source.volumes):
        return ""
    kept = volumes.of_snapshots(made.snapshot_ids)
    return f"; of its instances these volumes stay (image.keepVolumes): {', '.join(kept)}" if kept else ""


def _pass(plan: Plan, made: Made) -> tuple[list[str], dict[str, GoldenImageError]]:
    """Undo what is there: the parts that had something left, and those that could not be undone."""
    parts: dict[str, Callable[[Plan, Made], bool]] = {
        f"Auto Scaling group '{plan.group.name}'": _group,
        f"launch template '{plan.launch_template.name}'": _launch_template,
        "image and snapshots": _image,
        f"source {plan.source.instance_id}": _source,
    }
    left: list[str] = []
    failures: dict[str, GoldenImageError] = {}
    for name, part in parts.items():
        try:
            with aws.named_errors():
                if part(plan, made):
                    left.append(name)
        except GoldenImageError as error:
            failures[name] = error
    return left, failures


def _group(plan: Plan, made: Made) -> bool:
    if plan.group.before is None:
        return group_removal.remove(plan.run, plan.group.name, made.template_versions)
    # Only a group that has its version from before replaces the run's instances by others.
    return group.restore(plan.group, plan.group.before) or instances.replace(plan.run, plan.group.name)


def _launch_template(plan: Plan, made: Made) -> bool:
    return template_removal.remove(plan.run, plan.launch_template, made.template_versions)


def _image(plan: Plan, made: Made) -> bool:
    return removal.remove(plan, made)


def _source(plan: Plan, _: Made) -> bool:
    """Start the source where it was running; one that is still stopping is started by a later pass."""
    if plan.source.power_state != RUNNING:
        return False
    try:
        state = power.state(plan.source.instance_id)
    except SourceNotFound:
        return False
    if state == STOPPED:
        power.start(plan.source.instance_id)
    return state in {"stopping", STOPPED, "pending"}
