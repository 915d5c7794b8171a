"""`list` and `show`: the runs of the stack, and one of them."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from golden_image_cli import calling, runs, telling
from golden_image_cli.summary import failure

if TYPE_CHECKING:
    from golden_image_cli.runs import Run
    from golden_image_cli.stack import Stack

verbs = calling.verbs()
_STATUSES = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
_ONLY = f"Only these: {', '.join(_STATUSES)}."
_RUN = "Its name or ARN; default: the newest that is no dry run."


def _status(text: str) -> str:
    if text.upper() not in _STATUSES:
        raise typer.BadParameter(f"{text} is none of {', '.join(_STATUSES)}")
    return text.upper()


@verbs.command("list")
def list_runs(
    context: typer.Context,
    status: Annotated[
        str | None,
        typer.Option(parser=_status, metavar="STATUS", help=_ONLY),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
) -> None:
    """List the newest runs, the newest first."""
    call = calling.call_of(context)
    stack = call.stack()
    found = list(islice(runs.listed(stack, status), limit))
    if call.json:
        telling.as_json([telling.fields(run) for run in found])
    elif found:
        for run, line in zip(found, telling.columns([_row(run, stack.scale) for run in found]), strict=True):
            print(line.replace(run.status, telling.status(run.status), 1))
    else:
        which = f"run that is {status}" if status else "run"
        print(f"Stack {stack.name} has no {which}. Step Functions keeps a run for 90 days after its end.")


def _row(run: Run, scale: float) -> list[str]:
    lasted = telling.span(run.seconds / scale) if run.seconds is not None else ""
    return [run.status, telling.minute(run.start), lasted, run.name]


@verbs.command("show")
def show(
    context: typer.Context,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help=_RUN)] = None,
) -> None:
    """Show a run: its input, and what came of it."""
    call = calling.call_of(context)
    stack = call.stack()
    found = runs.find(stack, run)
    if call.json:
        telling.as_json(telling.fields(found))
    else:
        _tell(found, stack)


def _tell(run: Run, stack: Stack) -> None:
    lasted = f", {telling.span(run.seconds / stack.scale)} long" if run.seconds is not None else ""
    print(f"{telling.status(run.status)} {telling.styled(run.name, 'bold')}")
    print(f"started {telling.moment(run.start)}{lasted}")
    print(run.arn)
    for title, value in (("input", run.input), ("output", run.output)):
        if value is not None:
            shown = json.dumps(telling.without_secrets(value), indent=2, ensure_ascii=False)
            print(f"\n{title}\n{shown}")
    if run.failed:
        print("\n".join(["", *failure(run, stack)]))
