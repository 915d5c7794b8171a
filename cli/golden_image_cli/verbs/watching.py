"""`watch`: a run, as it goes on."""

from __future__ import annotations

from typing import Annotated

import typer

from golden_image_cli import calling, runs
from golden_image_cli.watch import follow

verbs = calling.verbs()
_RUN = "Its name or ARN; default: the newest that goes on, else the newest that is no dry run."


@verbs.command("watch")
def watch(
    context: typer.Context,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help=_RUN)] = None,
) -> None:
    """Show a run while it goes on, and how it ended. Exits with 1 for a run that failed.

    A lost connection and expired credentials are told and waited for. Ctrl-C ends the watch, not the run.
    """
    call = calling.call_of(context)
    stack = call.stack()
    found = (None if run else runs.going_on(stack)) or runs.find(stack, run)
    raise typer.Exit(follow(stack, found, call.json))
