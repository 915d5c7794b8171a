"""The way back after a failure: everything of the run is removed, everything it found is as before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image import aws, group, image, launch_template, ledger, source
from golden_image.errors import (
    GoldenImageError,
    RequestThrottled,
    ResourceBusy,
    RollBackIncomplete,
    ServiceUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from golden_image.plan import Plan

_TRY_AGAIN = (RequestThrottled, ResourceBusy, ServiceUnavailable)


def undo(run: str) -> None:
    """Undo a run by its ledger row and its tags; safe to repeat, and a no-op for a run that changed nothing.

    One part that fails does not keep the others from being undone.

    Raises:
        RequestThrottled, ResourceBusy, ServiceUnavailable: worth another try by the workflow.
        RollBackIncomplete: names each part that stays.
    """
    plan = ledger.read(run)
    if plan is None:
        return
    failures: list[GoldenImageError] = []
    parts: list[tuple[str, Callable[[], None]]] = [
        (f"Auto Scaling group '{plan.group.name}'", lambda: _group(plan)),
        (f"launch template '{plan.launch_template.name}'", lambda: _launch_template(plan)),
        ("image and snapshots", lambda: image.deregister_of_run(run)),
        (f"source {plan.source.instance_id}", lambda: _source(plan)),
    ]
    left = []
    for name, part in parts:
        try:
            with aws.named_errors():
                part()
        except GoldenImageError as error:
            failures.append(error)
            left.append(f"{name} ({type(error).__name__}: {error})")
    for failure in failures:
        if isinstance(failure, _TRY_AGAIN):
            raise failure
    if left:
        raise RollBackIncomplete(f"could not undo: {'; '.join(left)}")


def _group(plan: Plan) -> None:
    if plan.group.before is None:
        group.delete_if_made_by(plan.run, plan.group.name)
    elif group.find(plan.group.name):
        group.restore(plan.group, plan.group.before)


def _launch_template(plan: Plan) -> None:
    launch_template.delete_of_run(plan.run, plan.launch_template.name)


def _source(plan: Plan) -> None:
    """Start the source where it was running; EC2 refuses one still stopping, which is ResourceBusy."""
    state = source.power_state(plan.source.instance_id)
    if plan.source.power_state == source.RUNNING and state in {"stopping", source.STOPPED}:
        source.start(plan.source.instance_id)
