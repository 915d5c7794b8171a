"""`apply`: a run of exactly the plan in a file."""

from __future__ import annotations

import time
from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any

import typer

from golden_image_cli import calling, dry_run, plan_file, runs, telling
from golden_image_cli.problems import OUTDATED_PLAN, RUN_FAILED, Problem

if TYPE_CHECKING:
    from golden_image_cli.runs import Run
    from golden_image_cli.stack import Stack

verbs = calling.verbs()
_OUTDATED = "PlanOutdated"
# The states that may refuse a run because its plan no longer holds.
_BEFORE_CHANGES = {"Plan Refresh", "Dry Run?", "Lock Group"}
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
    _refuse_outdated(file, kept, dry_run.plan(stack, kept.input), as_json=call.json)
    begun = runs.start(stack, {**kept.input, "planDigest": kept.plan["digest"]})
    if watch:
        from golden_image_cli.watch import follow  # noqa: PLC0415 - takes its time, and is not always wanted

        code = follow(stack, begun, call.json)
        outdated = code == RUN_FAILED and runs.describe(stack, begun.arn).error == _OUTDATED
        raise typer.Exit(OUTDATED_PLAN if outdated else code)
    found = _accepted(stack, begun)
    if found.failed:
        raise Problem(
            f"{found.name} was refused, and has changed nothing.\n{found.error}: {found.cause}",
            OUTDATED_PLAN if found.error == _OUTDATED else RUN_FAILED,
        )
    if call.json:
        telling.as_json(telling.fields(found))
    else:
        print(f"The plan holds: started {begun.name}\n{begun.arn}")
        print(f"Watch it: {stack.command('watch', begun.name)}")


def _refuse_outdated(file: Path, kept: plan_file.Kept, now: dict[str, Any], *, as_json: bool) -> None:
    """Refuse a plan that is not the one of now, with each difference.

    Raises:
        Problem: with the exit code of an outdated plan.
    """
    if now.get("digest") == kept.plan["digest"]:
        return
    found = dry_run.differences(kept.plan, now, kept.input)
    if as_json:
        telling.as_json({"error": _OUTDATED, "differences": found})
    else:
        print(f"Since the plan in {file} was made:")
        for one in found:
            old, new = ("none" if one[key] is None else one[key] for key in ("before", "after"))
            print(f"  {telling.styled('~', 'yellow')} {one['field']}: {old} → {new}")
    raise Problem(
        f"The plan in {file} is outdated. Nothing was changed.\n"
        "Make a new one with golden-image plan, read it, and apply that.",
        OUTDATED_PLAN,
    )


def _accepted(stack: Stack, run: Run) -> Run:
    """The run once its plan holds and it has its locks, or once it is over."""
    client, query = stack.client("stepfunctions"), {"executionArn": run.arn, "maxResults": _FIRST_EVENTS}
    while True:
        found = runs.describe(stack, run.arn)
        events = client.get_execution_history(**query)["events"]
        entered = {event.get("stateEnteredEventDetails", {}).get("name") for event in events} - {None}
        if found.over or entered - _BEFORE_CHANGES:
            return found
        time.sleep(dry_run.poll_seconds(stack))
