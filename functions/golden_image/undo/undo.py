"""The undo of a run: its resources are deleted, and the source and the group are restored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from golden_image import aws, events, polling
from golden_image.errors import GoldenImageError, RollBackIncomplete, SourceNotFound, TryAgain
from golden_image.group import giving_back, group_removal, neighbours, template_removal, volumes
from golden_image.image import removal as image_removal
from golden_image.model.check import Check
from golden_image.model.made import Made
from golden_image.model.plan import Plan
from golden_image.model.source import RUNNING, STOPPED
from golden_image.run import ledger, owed
from golden_image.run.owed import OwedSource
from golden_image.source import facts, power, returns
from golden_image.undo import instances

if TYPE_CHECKING:
    from collections.abc import Callable

_PASS_EVERY = 20
_NOTHING_LEFT = "nothing of the run is left"


@dataclass(frozen=True)
class UndoCheck(Check):
    """The answer of a pass; the last one has in words what the roll-back has come to, and what is kept."""

    roll_back: str


@dataclass
class _Pass:
    """What one pass has found.

    Attributes:
        made: the ids that the run's calls have answered.
        left: the parts that had something left.
        failures: those that could not be undone.
        waiting: those that stay for now, as the group or the template may still need them.
        stays: why the group stays on the run's version.
        kept: what the run's version is needed for since, so that it stays with its image.
        notes: settings of the group that somebody else has set since.
    """

    made: Made
    left: list[str] = field(default_factory=list)
    failures: dict[str, GoldenImageError] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    stays: str | None = None
    kept: str | None = None
    notes: list[str] = field(default_factory=list)

    def all_that_is_left(self) -> str:
        """Each part that is not undone, with the reason where there is one."""
        refused = [f"{part} ({type(error).__name__}: {error})" for part, error in self.failures.items()]
        waiting = [f"{part} (kept while the part before it may need it)" for part in self.waiting]
        return "; ".join(refused + self.left + waiting)


def undo(run: str, waited: int, limit: int) -> UndoCheck:
    """One pass of undoing a run, by ledger row and tags; done when a late pass finds nothing.

    A pass finds the resources with the run's tag, deletes them, and gives the group back. One part that fails
    keeps what it may still need: the group its launch template version, the version its instances and image.
    It does not keep the source.

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
        return UndoCheck(done=True, wait_seconds=0, progress="nothing to undo", roll_back=_NOTHING_LEFT)
    plan = events.from_event(Plan, row.plan)
    found = _pass(plan, row.made)
    for failure in found.failures.values():
        if isinstance(failure, TryAgain):
            raise failure
    # While another part makes its way, what waits for it still has its turn.
    if (found.left or found.failures) and (not found.left or waited >= limit):
        raise RollBackIncomplete(f"could not undo: {found.all_that_is_left()}")
    done = not found.left and waited >= polling.SETTLED_AFTER
    return UndoCheck(
        done=done,
        wait_seconds=0 if done else _PASS_EVERY,
        progress="everything is undone"
        if done
        else ", ".join([*found.left, *found.failures]) or "checking again",
        roll_back=_told(plan, found) if done else "",
    )


def _pass(plan: Plan, made: Made) -> _Pass:
    """Undo what is there, the group before what it launches from.

    The run's instances are replaced once its version is gone: a group that takes `$Latest` launches from it
    until then. Only the image waits for them.
    """
    result = _Pass(made)
    _try(f"Auto Scaling group '{plan.group.name}'", _group, plan, result)
    needed: dict[str, Callable[[Plan, _Pass], bool]] = {
        f"launch template '{plan.launch_template.name}'": _launch_template,
        f"instances of the run in '{plan.group.name}'": _instances,
        "image and snapshots": _image,
    }
    held = bool(result.left or result.failures)
    for name, part in needed.items() if result.stays is None else ():
        if held:
            result.waiting.append(name)
        else:
            _try(name, part, plan, result)
        held = held or bool(result.failures) or (part is _instances and name in result.left)
    _try(f"source {plan.source.instance_id}", _source, plan, result)
    return result


def _try(name: str, part: Callable[[Plan, _Pass], bool], plan: Plan, result: _Pass) -> None:
    """Undo one part, which answers whether it had something left."""
    try:
        with aws.named_errors():
            if part(plan, result):
                result.left.append(name)
    except GoldenImageError as error:
        result.failures[name] = error


def _group(plan: Plan, result: _Pass) -> bool:
    if plan.group.before is None:
        return group_removal.remove(plan.group.name, result.made)
    given = giving_back.give_back(plan)
    result.stays, result.notes = given.stays, given.notes
    return given.left


def _launch_template(plan: Plan, result: _Pass) -> bool:
    versions = result.made.template_versions
    removal = template_removal.remove(plan.run, plan.launch_template, versions)
    result.made = replace(result.made, template_versions=versions | removal.versions)
    result.kept = removal.kept
    return bool(removal.versions) and removal.kept is None


def _instances(plan: Plan, result: _Pass) -> bool:
    before = plan.group.before
    # From a version that is kept, a group that takes `$Latest` would launch again.
    if before is None or (result.kept and before.launch_template_version in neighbours.FLOATING):
        return False
    return instances.replace(plan.group.name, result.made.template_versions)


def _image(plan: Plan, result: _Pass) -> bool:
    return result.kept is None and image_removal.remove(plan, result.made)


def _told(plan: Plan, found: _Pass) -> str:
    told = _NOTHING_LEFT
    if found.stays is not None:
        told = (
            f"'{plan.group.name}' stays on the run's launch template version, which is kept with its image "
            f"and snapshots: {found.stays}"
        )
    elif found.kept is not None:
        told = (
            f"the run's version of launch template '{plan.launch_template.name}' is kept with its image and "
            f"snapshots, as {found.kept}"
        )
    if found.notes:
        told += f"; kept as somebody else has set it in '{plan.group.name}' since: {'; '.join(found.notes)}"
    stay = [*_of_warm_pool(plan, found.made), *_of_volumes(plan, found.made)]
    return "; ".join([told, *stay, *_of_source(plan)])


def _source(plan: Plan, _: _Pass) -> bool:
    """Start the source where it was running; one that is still stopping is started by a later pass.

    One that EC2 has no capacity for is owed, and left to the sweeper: the locks do not wait for it.
    """
    if plan.source.power_state != RUNNING:
        return False
    try:
        instance = facts.find(plan.source.instance_id)
    except SourceNotFound:
        return False
    state = instance["State"]["Name"]
    if state == STOPPED and (reason := returns.start_again(instance)):
        owed.owe(OwedSource(plan.source.instance_id, plan.run, plan.group.name, reason))
        return False
    return state in {"stopping", STOPPED, "pending"}


def _of_warm_pool(plan: Plan, made: Made) -> list[str]:
    """The run's instances that only an operator can end."""
    there = instances.in_warm_pool(plan.group.name, made.template_versions) if plan.group.before else []
    if not there:
        return []
    return [
        f"the warm pool of '{plan.group.name}' has instances of the run's version, which the next ones in "
        f"service come from: {', '.join(there)}. Delete the warm pool and make it again"
    ]


def _of_source(plan: Plan) -> list[str]:
    """What is not as before, and does not keep the locks. A source that is gone is nothing to tell."""
    if owed.find(plan.source.instance_id) is None:
        return []
    try:
        state = power.state(plan.source.instance_id)
    except SourceNotFound:
        return []
    if state in {RUNNING, *power.LOST}:
        return []
    return [returns.look(plan.source.instance_id).said]


def _of_volumes(plan: Plan, made: Made) -> list[str]:
    """What an input with keepVolumes leaves of the run's instances."""
    if all(volume.delete_on_termination for volume in plan.source.volumes):
        return []
    kept = volumes.of_snapshots(made.snapshot_ids)
    return [f"of its instances these volumes stay (image.keepVolumes): {', '.join(kept)}"] if kept else []
