"""The undo of a run: its resources are deleted, and the source and the group are restored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from golden_image import aws, polling
from golden_image.errors import GoldenImageError, RollBackIncomplete, SourceNotFound, TryAgain
from golden_image.group import giving_back, group_removal, neighbours, template_removal, volumes
from golden_image.image import removal as image_removal
from golden_image.model.check import Check
from golden_image.model.made import Made
from golden_image.model.plan import Plan, RunPlan, WayBackPlan
from golden_image.model.source import RUNNING, STOPPED
from golden_image.prove_image import ending
from golden_image.run import ledger, owed, planned
from golden_image.run.owed import OwedSource
from golden_image.run_document import sent
from golden_image.source import facts, power, returns
from golden_image.undo import instances, rolling_back

if TYPE_CHECKING:
    from collections.abc import Callable

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
        waits_for: what the group waits for, in words.
        ignored: instances of the run that no refresh replaces.
    """

    made: Made
    left: list[str] = field(default_factory=list)
    failures: dict[str, GoldenImageError] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    stays: str | None = None
    kept: str | None = None
    notes: list[str] = field(default_factory=list)
    waits_for: str | None = None
    ignored: list[str] = field(default_factory=list)

    def all_that_is_left(self) -> str:
        """Each part that is not undone, with the reason where there is one."""
        refused = [f"{part} ({type(error).__name__}: {error})" for part, error in self.failures.items()]
        waiting = [f"{part} (kept while the part before it may need it)" for part in self.waiting]
        told = [f"the group waits for this: {self.waits_for}"] if self.waits_for else []
        return "; ".join(refused + self.left + told + waiting)


def undo(run: str, waited: int, limit: int) -> UndoCheck:
    """One pass of undoing a run, by ledger row and tags; done when a late pass finds nothing.

    A pass finds the resources with the run's tag, deletes them, and gives the group back. One part that fails
    keeps what it may still need: the group its launch template version, the version its instances and image.
    It does not keep the canary or the source.

    Args:
        run: the execution's ARN. One without a row changed nothing, or is undone.
        waited: seconds since the first pass.
        limit: seconds after which the parts that are left are named in an error; a roll has as many more as
            the way there could have taken.

    Raises:
        TryAgain: one of its kinds; worth another try by the workflow.
        RollBackIncomplete: names each part that stays.
    """
    row = ledger.read(run)
    if row is None:
        return UndoCheck(done=True, wait_seconds=0, progress="nothing to undo", roll_back=_NOTHING_LEFT)
    plan = planned.read(row.plan)
    found = _pass(plan, row.made)
    for failure in found.failures.values():
        if isinstance(failure, TryAgain):
            raise failure
    limit += plan.timeouts.rollout if plan.rolling else 0
    # While another part makes its way, what waits for it still has its turn.
    if (found.left or found.failures) and (not found.left or waited >= limit):
        raise RollBackIncomplete(f"could not undo: {found.all_that_is_left()}")
    done = not found.left and waited >= polling.SETTLED_AFTER
    return UndoCheck(
        done=done,
        wait_seconds=0 if done else polling.pass_seconds(waited),
        progress="everything is undone"
        if done
        else ", ".join([*found.left, *found.failures]) or "checking again",
        roll_back=_told(plan, found) if done else "",
    )


def _pass(plan: Plan | WayBackPlan, made: Made) -> _Pass:
    """Undo what is there, the group before what it launches from.

    The run's instances are replaced once its version is gone: a group that takes `$Latest` launches from it
    until then. Only the image waits for them.

    A way back has made neither a version nor an image: those of its generation are not even looked at. It has
    no source either.
    """
    result = _Pass(made)
    _try("canary", lambda: _canary(plan, result), result)
    group = f"Auto Scaling group '{plan.group.name}'"
    versions = frozenset({plan.version_id}) if isinstance(plan, WayBackPlan) else made.template_versions
    _try(group, lambda: _group(plan, versions, result), result)
    of_instances = f"instances of the run in '{plan.group.name}'"
    needed: dict[str, Callable[[], bool]]
    if isinstance(plan, WayBackPlan):
        # Those of a roll are replaced before, a few at a time.
        needed = {} if plan.rolling else {of_instances: lambda: instances.replace_of_way_back(plan)}
    else:
        needed = {
            f"launch template '{plan.launch_template.name}'": lambda: _launch_template(plan, result),
            of_instances: lambda: _instances(plan, result),
            "image and snapshots": lambda: _image(plan, result),
        }
    held = group in result.left or group in result.failures
    for name, part in needed.items() if result.stays is None else ():
        if held:
            result.waiting.append(name)
        else:
            _try(name, part, result)
        held = held or name in result.failures or (name == of_instances and name in result.left)
    if isinstance(plan, Plan):
        _try(f"source {plan.source.instance_id}", lambda: _source(plan, result.made), result)
    return result


def _try(name: str, part: Callable[[], bool], result: _Pass) -> None:
    """Undo one part, which answers whether it had something left."""
    try:
        with aws.named_errors():
            if part():
                result.left.append(name)
    except GoldenImageError as error:
        result.failures[name] = error


def _canary(plan: RunPlan, result: _Pass) -> bool:
    """End the canary. Nothing of the run waits for it."""
    return bool(ending.end(plan.run, result.made))


def _group(plan: Plan | WayBackPlan, versions: frozenset[str], result: _Pass) -> bool:
    if plan.group.before is None:
        return group_removal.remove(plan.group.name, result.made)
    if plan.rolling and versions:
        rolled = rolling_back.roll_back(plan, plan.rolling, versions)
        given, result.waits_for = rolled.given, rolled.waits_for
    else:
        given = giving_back.give_back(plan)
        result.waits_for = given.waits_for
    result.stays, result.notes, result.ignored = given.stays, given.notes, given.ignored
    return given.left or result.waits_for is not None


def _launch_template(plan: Plan, result: _Pass) -> bool:
    versions = result.made.template_versions
    removal = template_removal.remove(plan.run, plan.launch_template, versions)
    result.made = replace(result.made, template_versions=versions | removal.versions)
    result.kept = removal.kept
    return bool(removal.versions) and removal.kept is None


def _instances(plan: Plan, result: _Pass) -> bool:
    before = plan.group.before
    if plan.rolling:
        return _has_left_of_roll(plan, result)
    # From a version that is kept, a group that takes `$Latest` would launch again.
    if before is None or (result.kept and before.launch_template_version in neighbours.FLOATING):
        return False
    return instances.replace(plan.group.name, result.made.template_versions)


def _has_left_of_roll(plan: Plan, result: _Pass) -> bool:
    """Whether instances of a roll are left. They are replaced with the group, a few at a time, if at all."""
    left = rolling_back.left_behind(plan, result.made.template_versions) if plan.group.before else []
    return result.kept is None and bool(set(left) - set(result.ignored))


def _image(plan: Plan, result: _Pass) -> bool:
    return result.kept is None and image_removal.remove(plan, result.made)


def _told(plan: Plan | WayBackPlan, found: _Pass) -> str:
    told = _NOTHING_LEFT
    if found.stays is not None and isinstance(plan, WayBackPlan):
        told = f"'{plan.group.name}' stays on generation {plan.goes_back_to.number}: {found.stays}"
    elif found.stays is not None:
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
    stay = [*_of_ignored(plan, found.ignored), *_of_warm_pool(plan, found.made)]
    if isinstance(plan, Plan):
        stay += [*_of_volumes(plan, found.made), *_of_source(plan)]
    return "; ".join([told, *stay])


def _source(plan: Plan, made: Made) -> bool:
    """Start the source where it was running; one that is still stopping is started by a later pass.

    One that EC2 has no capacity for is owed, and left to the sweeper: the locks do not wait for it. One that
    the run has not stopped is nobody's to start. While its preparation goes on, it is not given to others.
    """
    prepares = plan.prepare and plan.prepare.on(plan.source.instance_id)
    if prepares and sent.cancel_what_goes_on(plan.run, prepares, made):
        return True
    if not plan.stop_source or plan.source.power_state != RUNNING:
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


def _of_ignored(plan: Plan | WayBackPlan, ignored: list[str]) -> list[str]:
    """The run's instances that a refresh would leave, beside others that the input has it leave."""
    if not ignored:
        return []
    return [
        f"these instances of the run's version stay in '{plan.group.name}', as "
        f"rolling.scaleInProtectedInstances or standbyInstances is Ignore: {', '.join(ignored)}. "
        "End them: aws autoscaling terminate-instance-in-auto-scaling-group "
        "--no-should-decrement-desired-capacity --instance-id <id>"
    ]


def _of_warm_pool(plan: Plan | WayBackPlan, made: Made) -> list[str]:
    """The run's instances that only an operator can end."""
    versions = made.template_versions
    if isinstance(plan, WayBackPlan):
        versions = frozenset({plan.version_id})
    there = instances.in_warm_pool(plan.group.name, versions) if plan.group.before else []
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
