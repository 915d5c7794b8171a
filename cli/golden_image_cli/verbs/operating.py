"""`approve`, `reject`, `generations` and `go-back`: what people decide beside a refresh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from golden_image_cli import calling, ledger, rest, run_input, runs, telling
from golden_image_cli.problems import WRONG_CALL, Problem

if TYPE_CHECKING:
    from golden_image_cli.runs import Run
    from golden_image_cli.stack import Stack

verbs = calling.verbs()
_RUN = "Its name or ARN; default: the newest that waits for approval."
_GROUP = "The Auto Scaling group."
_PAGE = 100


@verbs.command("approve")
def approve(
    context: typer.Context,
    reason: Annotated[str, typer.Option(help="Why; the run's output has it.")],
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help=_RUN)] = None,
) -> None:
    """Approve what a run asks, so that it goes on."""
    _answer(calling.call_of(context), run, reason, approved=True)


@verbs.command("reject")
def reject(
    context: typer.Context,
    reason: Annotated[str, typer.Option(help="Why; the run's cause has it.")],
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help=_RUN)] = None,
) -> None:
    """Reject what a run asks, so that it fails and is undone."""
    _answer(calling.call_of(context), run, reason, approved=False)


def _answer(call: calling.Call, named: str | None, reason: str, *, approved: bool) -> None:
    stack = call.stack()
    found = runs.find(
        stack, named, lambda one: _waits(stack, one), "run that waits for approval", runs.RUNNING
    )
    asked = ledger.approval(stack, found.arn)
    if found.over or asked is None:
        state = found.status if found.over else "under way"
        raise Problem(f"{found.name} does not wait for an approval. It is {state}.", WRONG_CALL)
    answer = _given(stack, found, asked.question["at"], reason, approved=approved)
    if call.json:
        telling.as_json({"name": found.name, "executionArn": found.arn, "approval": asked.question | answer})
        return
    verb = "approved" if answer["answer"]["approved"] else "rejected"
    print(f"{verb} {found.name} at {asked.question['at']}, as {answer['answer']['by']}")
    for line in asked.question["changes"]:
        print(f"  {line}")
    print(f"Watch it: golden-image watch {found.name}")


def _waits(stack: Stack, run: Run) -> bool:
    asked = ledger.approval(stack, run.arn)
    return asked is not None and asked.answer is None


def _given(stack: Stack, run: Run, at: str, reason: str, *, approved: bool) -> dict[str, Any]:
    """Answer that question and no other; the question with its `answer`.

    Raises:
        Refusal: the API refused, and the ledger does not show that it is this answer which was lost.
    """
    path = f"/refreshes/{quote(run.name, safe='')}/{'approve' if approved else 'reject'}"
    try:
        told: dict[str, Any] = rest.call(stack, "POST", path, {"reason": reason, "at": at})["approval"]
    except rest.Refusal as refusal:
        asked = ledger.approval(stack, run.arn) if refusal.lost else None
        answer = asked.answer if asked else None
        mine = {"at": at, "approved": approved, "reason": reason.strip()}
        if answer is None or any(answer[key] != value for key, value in mine.items()):
            raise
        return {"answer": answer}
    return told


@verbs.command("generations")
def generations(
    context: typer.Context,
    group: Annotated[str, typer.Argument(metavar="GROUP", help=_GROUP)],
    limit: Annotated[int, typer.Option(min=1, max=_PAGE, help="At most so many.")] = 20,
) -> None:
    """List the generations of a group, the newest first: each can be given to it again."""
    call = calling.call_of(context)
    path = f"/groups/{quote(group, safe='')}/generations?limit={limit}"
    answer = rest.call(call.stack(), "GET", path)
    if call.json:
        telling.as_json(answer)
        return
    for line in telling.columns([_row(one) for one in answer["generations"]]):
        print(line)
    if answer.get("nextToken"):
        print(f"There are older ones: --limit {_PAGE} shows more.")
    print(f"\nTo go back to one: golden-image go-back {group} --to N --rollout R")


def _row(generation: dict[str, Any]) -> list[str]:
    template, image = generation["launchTemplate"], generation["image"]
    back = generation.get("goesBackTo")
    of_what = f"generation {back} again" if back else generation.get("sourceInstanceId") or "source unknown"
    return [
        str(generation["number"]),
        generation["committedAt"][:19].replace("T", " "),
        image["id"],
        f"{template['name']} v{template['version']}",
        of_what,
    ]


@verbs.command("go-back", cls=run_input.WithFields)
def go_back(
    context: typer.Context,
    group: Annotated[str, typer.Argument(metavar="GROUP", help=_GROUP)],
    to: Annotated[str, typer.Option(metavar="N|previous", help="Which generation.")] = "previous",
    watch: Annotated[bool, typer.Option("--watch", help="Show the run until it is over.")] = False,
) -> None:
    """Start a run that gives GROUP the image and the template version of one of its generations again.

    Such a run takes rollout, rolling, canary, approval, sizes and timeouts as options: --rollout recreate.
    """
    call = calling.call_of(context)
    stack = call.stack()
    goal = int(to) if to.isascii() and to.isdigit() else to
    begun = runs.start(stack, run_input.made(context, None, group, go_back_to=goal))
    if watch:
        from golden_image_cli.watch import follow  # noqa: PLC0415 - takes its time, and is not always wanted

        raise typer.Exit(follow(stack, begun, call.json))
    if call.json:
        telling.as_json(telling.fields(begun))
    else:
        print(f"started {begun.name}\n{begun.arn}\nWatch it: golden-image watch {begun.name}")
