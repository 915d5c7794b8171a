"""`stop`: a run that goes on is ended, and then undone."""

from __future__ import annotations

from typing import Annotated

import typer

from golden_image_cli import calling, runs, telling
from golden_image_cli.problems import WRONG_CALL, Problem

verbs = calling.verbs()
_RUN = "Its name or ARN; default: the newest that goes on."
_STOPPED = {"error": "Stopped", "cause": "Stopped by golden-image stop"}


@verbs.command("stop")
def stop(
    context: typer.Context,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help=_RUN)] = None,
) -> None:
    """Stop a run. What it has changed is undone afterwards, by the stack; this does not wait for it."""
    call = calling.call_of(context)
    stack = call.stack()
    found = runs.find(stack, run, lambda one: not one.over, "run that goes on", runs.RUNNING)
    if not found.over:
        stack.client("stepfunctions").stop_execution(executionArn=found.arn, **_STOPPED)
        found = runs.describe(stack, found.arn)
    elif found.status != runs.ABORTED:
        raise Problem(f"{found.name} is over already: {found.status}. Nothing was stopped.", WRONG_CALL)
    if call.json:
        telling.as_json(telling.fields(found))
        return
    print(f"{telling.status(found.status)} {found.name}")
    print("The stack undoes what the run has changed, within some minutes, and then sends a message.")
    print(f"How far it is: golden-image why {found.name}")
