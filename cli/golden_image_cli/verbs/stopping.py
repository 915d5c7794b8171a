"""`stop`: a run that goes on is ended, and then undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from golden_image_cli import calling, runs, telling
from golden_image_cli.problems import WRONG_CALL, Problem

if TYPE_CHECKING:
    from golden_image_cli.runs import Run
    from golden_image_cli.stack import Stack

verbs = calling.verbs()
_RUN = "Its name or ARN; default: the newest that goes on."
# While it is undone, the entry of that state is among so many events.
_NEWEST = 20
_STOPPED = {"error": "Stopped", "cause": "Stopped by golden-image stop"}


@verbs.command("stop")
def stop(
    context: typer.Context,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help=_RUN)] = None,
) -> None:
    """Stop a run. What it has changed is undone afterwards, by the stack; this does not wait for it."""
    call = calling.call_of(context)
    stack = call.stack()
    found = runs.find(stack, run, runs.is_open, "run that goes on", runs.RUNNING)
    if not found.over:
        _refuse_one_that_is_undone(stack, found)
        stack.client("stepfunctions").stop_execution(executionArn=found.arn, **_STOPPED)
        found = runs.describe(stack, found.arn)
    if found.over and found.status != runs.ABORTED:
        raise Problem(f"{found.name} is over already: {found.status}. Nothing was stopped.", WRONG_CALL)
    if call.json:
        telling.as_json(telling.fields(found))
        return
    print(f"{telling.status(found.status)} {found.name}")
    print("The stack undoes what the run has changed, within some minutes, and then sends a message.")
    print(f"How far it is: {stack.command('why', found.name)}")


def _refuse_one_that_is_undone(stack: Stack, run: Run) -> None:
    """A stop would cut the undo off, and the stack would begin it anew.

    Raises:
        Problem: the run has failed already, and is being undone.
    """
    newest = stack.client("stepfunctions").get_execution_history(
        executionArn=run.arn, reverseOrder=True, maxResults=_NEWEST
    )["events"]
    if any(event.get("stateEnteredEventDetails", {}).get("name") == "Undo" for event in newest):
        raise Problem(
            f"{run.name} has failed already, and is being undone: nothing was stopped."
            f" To see the undo: {stack.command('watch', run.name)}",
            WRONG_CALL,
        )
