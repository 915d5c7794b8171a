"""The way back after a failure: everything of the run is removed, everything it found is as before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import aws, group, image, launch_template, ledger, rollout, source
from golden_image.errors import GoldenImageError, RollBackIncomplete, SourceNotFound, TryAgain
from golden_image.polling import Check, finished

if TYPE_CHECKING:
    from collections.abc import Callable

    from golden_image.plan import Plan

# Seconds until EC2's reads show what a run's last calls have made ("seconds to minutes", AWS says).
SETTLED_AFTER = 60
_PASS_EVERY = 20


def undo(run: str, waited: int, limit: int) -> Check:
    """One pass of undoing a run, by ledger row and tags; done when a late pass finds nothing.

    A pass looks for what carries the run's tag, asks for its removal, and gives back what
    differs from before. One part that fails does not keep the others from being undone.

    Args:
        run: the execution's ARN. One without a row changed nothing, or is undone.
        waited: seconds since the run's last change.
        limit: seconds after which what is still there is named as left.

    Raises:
        TryAgain: one of its kinds; worth another try by the workflow.
        RollBackIncomplete: names each part that stays.
    """
    plan = ledger.read(run)
    if plan is None:
        return finished("nothing to undo")
    left, failures = _pass(plan)
    for failure in failures.values():
        if isinstance(failure, TryAgain):
            raise failure
    if failures or (left and waited >= limit):
        refused = [f"{part} ({type(error).__name__}: {error})" for part, error in failures.items()]
        raise RollBackIncomplete(f"could not undo: {'; '.join(refused + left)}")
    if not left and waited >= SETTLED_AFTER:
        return finished("everything is undone")
    return Check(done=False, wait_seconds=_PASS_EVERY, progress=", ".join(left) or "looking again")


def _pass(plan: Plan) -> tuple[list[str], dict[str, GoldenImageError]]:
    """Undo what is there: the parts that had something left, and those that could not be undone."""
    parts: dict[str, Callable[[Plan], bool]] = {
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
                if part(plan):
                    left.append(name)
        except GoldenImageError as error:
            failures[name] = error
    return left, failures


def _group(plan: Plan) -> bool:
    if plan.group.before is None:
        return group.remove(plan.run, plan.group.name)
    # Only a group that has its version from before replaces the run's instances by others.
    return group.restore(plan.group, plan.group.before) or rollout.replace(plan.run, plan.group.name)


def _launch_template(plan: Plan) -> bool:
    return launch_template.remove(plan.run, plan.launch_template.name)


def _image(plan: Plan) -> bool:
    return image.remove(plan.run)


def _source(plan: Plan) -> bool:
    """Start the source where it was running; one that is still stopping is started by a later pass."""
    if plan.source.power_state != source.RUNNING:
        return False
    try:
        state = source.power_state(plan.source.instance_id)
    except SourceNotFound:
        return False
    if state == source.STOPPED:
        source.start(plan.source.instance_id)
    return state in {"stopping", source.STOPPED, "pending"}
