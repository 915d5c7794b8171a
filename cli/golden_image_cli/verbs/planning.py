"""`plan`: a dry run, told as a diff."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from golden_image_cli import calling, dry_run, plan_file, plan_text, run_input, runs, telling

verbs = calling.verbs()


@verbs.command("plan", cls=run_input.WithFields)
def plan(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(metavar="SOURCE", help="The instance to image.")] = None,
    group: Annotated[str | None, typer.Argument(metavar="GROUP", help="The Auto Scaling group.")] = None,
    file: Annotated[
        Path | None,
        typer.Option("--input", metavar="FILE", help="The input as JSON; the call goes before it."),
    ] = None,
    kept: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Keep the plan, for apply; with mode 0600."),
    ] = None,
) -> None:
    """Show what a run would change, and change nothing.

    Each field of the input is an option: --rollout rolling, --group.minSize 3. A list takes commas, an object
    JSON.
    """
    call = calling.call_of(context)
    stack = call.stack()
    asked = run_input.made(context, source, group, file)
    asked.pop("dryRun", None)
    found = dry_run.plan(stack, asked)
    if kept:
        # It is the plan that is kept, so the digest of an earlier one has no say any more.
        lasting = {name: value for name, value in asked.items() if name != runs.PLAN_DIGEST}
        plan_file.write(kept, stack, plan_file.Kept(lasting, found))
    if call.json:
        telling.as_json(telling.without_secrets(found))
        return
    for line in plan_text.shown(found):
        print(line)
    print("\nNothing was changed. + is made, ~ changes, ! interrupts or waits.")
    if kept:
        print(f"To run exactly this plan: {stack.command('apply', str(kept))}")
    else:
        print("To keep this plan for apply, add -o FILE.")
