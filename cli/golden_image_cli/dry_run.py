"""A dry run: the plan of an input, and the differences of two plans."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from golden_image_cli import history, runs, telling
from golden_image_cli.patience import Patient
from golden_image_cli.plan_text import flat
from golden_image_cli.problems import AWS_REFUSED, OUTDATED_PLAN, RUN_FAILED, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from golden_image_cli.runs import Run
    from golden_image_cli.stack import Stack

# They differ between any two runs.
_OF_THE_RUN = ("run", "plannedAt", "dryRun", "digest")
_SECRET = (".tags.", ".parameters.")


class Refused(Problem):
    """The plan is refused; `run` is the dry run that was."""

    def __init__(self, stack: Stack, run: Run) -> None:
        super().__init__(
            f"The plan is refused. Nothing was changed.\n"
            f"{run.error or run.status}: {run.cause or 'no cause'}\n"
            f"What to do: {stack.command('why', run.name)}",
            OUTDATED_PLAN if run.outdated else RUN_FAILED,
        )
        self.run = run


def plan(stack: Stack, run_input: dict[str, Any]) -> dict[str, Any]:
    """The plan of this input, which says nothing of `dryRun`; nothing is changed.

    Raises:
        Refused: the plan is.
        Problem: its answer is lost.
    """
    over = ended(stack, runs.start(stack, {**run_input, "dryRun": True}))
    if over.failed:
        raise Refused(stack, over)
    if not isinstance(over.output, dict):
        raise Problem(
            f"The dry run {over.arn} has no plan as its output. Look at it in the console.", AWS_REFUSED
        )
    return over.output


def patient_of(stack: Stack) -> Patient:
    """Step Functions for a verb that waits; what keeps it from answering is told on stderr."""
    return Patient(stack.account, lambda text: print(text, file=sys.stderr))


def ended(stack: Stack, run: Run) -> Run:
    """The run once it is over; whoever waits gets over a lost connection."""
    patient = patient_of(stack)
    while not run.over:
        time.sleep(poll_seconds(stack))
        run = runs.run_of(patient.describe_execution(executionArn=run.arn))
    return run


def poll_seconds(stack: Stack) -> float:
    """Real seconds between two looks at a run that plans: it takes some seconds only."""
    return max(history.POLL_SECONDS / 2 * stack.scale, history.SHORTEST_POLL_SECONDS)


def differences(
    before: dict[str, Any], after: dict[str, Any], run_input: dict[str, Any]
) -> list[dict[str, Any]]:
    """What differs between two plans of an input: each `field` with `before` and `after`, None for nothing.

    Names that follow from a run's own are no difference.
    """
    stated = run_input.get("image") or {}
    own = {*_OF_THE_RUN, *(f"image.{name}" for name in ("name", "description") if name not in stated)}
    old, new = ({key: text for key, text in _decided(one) if key not in own} for one in (before, after))
    return [
        {"field": key, "before": _shown(key, old.get(key)), "after": _shown(key, new.get(key))}
        for key in dict.fromkeys([*old, *new])
        if old.get(key) != new.get(key)
    ]


def _decided(plan: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What a plan decides, each warning by itself; what differs in the template follows from the rest."""
    template = {key: part for key, part in plan["launchTemplate"].items() if key != "differences"}
    group = dict(plan["group"])
    if before := group["before"]:
        # Auto Scaling answers lists in no order.
        group["before"] = {
            key: sorted(part) if isinstance(part, list) else part for key, part in before.items()
        }
    yield from flat({**plan, "launchTemplate": template, "group": group, "warnings": None})
    yield from ((f"warning: {text}", "there") for text in plan.get("warnings", []))


def _shown(field: str, text: str | None) -> str | None:
    return telling.HIDDEN if text is not None and any(part in field for part in _SECRET) else text
