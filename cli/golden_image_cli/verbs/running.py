"""`start`: a run begins."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads the annotations
from typing import Annotated

import typer

from golden_image_cli import beginning, calling, run_input, runs

verbs = calling.verbs()


@verbs.command("start", cls=run_input.WithFields)
def start(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(metavar="SOURCE", help="The instance to image.")] = None,
    group: Annotated[str | None, typer.Argument(metavar="GROUP", help="The Auto Scaling group.")] = None,
    file: Annotated[
        Path | None,
        typer.Option("--input", metavar="FILE", help="The input as JSON; the call goes before it."),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show the run until it is over.")] = False,
) -> None:
    """Start a run: image SOURCE, and give the image to GROUP.

    Each field of the input is an option: --rollout rolling, --group.minSize 3. A list takes commas, an object
    JSON.
    """
    call = calling.call_of(context)
    stack = call.stack()
    begun = runs.start(stack, run_input.made(context, source, group, file))
    raise typer.Exit(beginning.tell(stack, begun, watch=watch, as_json=call.json))
