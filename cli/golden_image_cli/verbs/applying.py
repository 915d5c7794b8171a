"""`apply`: a run of exactly the plan in a file."""

from __future__ import annotations

import time
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from golden_image_cli import beginning, calling, dry_run, plan_file, runs, telling
from golden_image_cli.problems import OUTDATED_PLAN, RUN_FAILED, Problem

if TYPE_CHECKING:
    from golden_image_cli.runs import Run
    from golden_image_cli.stack import Stack

verbs = calling.verbs()
# With these a plan is refused that has held once: the world has changed since.
_OUTDATED = {
    runs.OUTDATED,
    "InvalidInput",
    "SourceNotFound",
    "SourceNotSupported",
    "KeyNotGranted",
    "RolloutRequired",
    "GroupNotSupported",
    "ImageNameTaken",
    "LaunchTemplateNotSupported",
    "NoGeneration",
    "GenerationGone",
}
# The states that may refuse a run because its plan no longer holds, and those that such a run goes on to.
_BEFORE_CHANGES = {"Plan Refresh", "Dry Run?", "Lock Group"}
_OF_REFUSED = {"Undo", "Explain Failure", "Notify Failure", "Refresh Failed"}
# Those of these states, with each try of their tasks.
_FIRST_EVENTS = 200


@verbs.command("apply")
def apply(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What plan -o has kept.")],
    watch: Annotated[bool, typer.Option("--watch", help="Show the run until it is over.")] = False,
) -> None:
    """Run exactly the plan in FILE. Exits with 3, and changes nothing, where it no longer holds."""
    call = calling.call_of(context)
    stack = call.stack()
    kept = plan_file.read(file, stack)
    _refuse_outdated(file, kept, stack, as_json=call.json)
    begun = runs.start(stack, {**kept.input, runs.PLAN_DIGEST: kept.plan["digest"]})
    if not watch:
        begun = _accepted(stack, begun)
    raise typer.Exit(beginning.tell(stack, begun, watch=watch, as_json=call.json))


def _refuse_outdated(file: Path, kept: plan_file.Kept, stack: Stack, *, as_json: bool) -> None:
    """Refuse a plan that is not the one of now, with each difference or with what refuses it now.

    Raises:
        Problem: with the exit code of an outdated plan.
        Refused: the plan of now is, for a reason that may pass.
    """
    found: list[dict[str, Any]] = []
    try:
        now = dry_run.plan(stack, kept.input)
    except dry_run.Refused as refused:
        if refused.run.error not in _OUTDATED:
            raise
        reason = f"{refused.run.error}: {refused.run.cause}"
    else:
        if now.get("digest") == kept.plan["digest"]:
            return
        found = dry_run.differences(kept.plan, now, kept.input)
        reason = "" if found else "Nothing that a plan shows differs: the stack was deployed anew."
    if as_json:
        told = {"error": runs.OUTDATED, "differences": found}
        telling.as_json(told | ({"reason": reason} if reason else {}))
    else:
        _tell(file, found)
    said = (
        f"The plan in {file} is outdated. Nothing was changed.",
        reason,
        "Make a new one with golden-image plan, read it, and apply that.",
    )
    raise Problem("\n".join(filter(None, said)), OUTDATED_PLAN)


def _tell(file: Path, found: list[dict[str, Any]]) -> None:
    if found:
        print(f"Since the plan in {file} was made:")
    for one in found:
        old, new = ("none" if one[key] is None else one[key] for key in ("before", "after"))
        print(f"  {telling.styled('~', 'yellow')} {one['field']}: {old} → {new}")


def _accepted(stack: Stack, run: Run) -> Run:
    """The run once its plan holds and it has its locks.

    Raises:
        Problem: it was refused.
    """
    patient = dry_run.patient_of(stack)
    while True:
        found = runs.run_of(patient.describe_execution(executionArn=run.arn))
        events = patient.get_execution_history(executionArn=run.arn, maxResults=_FIRST_EVENTS)["events"]
        entered = {event.get("stateEnteredEventDetails", {}).get("name") for event in events}
        if entered - _BEFORE_CHANGES - _OF_REFUSED - {None}:
            return found
        if found.over:
            reason = f"{found.error or found.status}: {found.cause}"
            raise Problem(
                f"{found.name} was refused, and has changed nothing.\n{reason}",
                OUTDATED_PLAN if found.error in _OUTDATED else RUN_FAILED,
            )
        time.sleep(dry_run.poll_seconds(stack))
