"""`approve`, `reject`, `generations` and `go-back`: what people decide beside a refresh."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from golden_image_cli import beginning, calling, ledger, rest, run_input, runs, telling
from golden_image_cli.failing import cause_of
from golden_image_cli.problems import AWS_REFUSED, WRONG_CALL, Problem

if TYPE_CHECKING:
    from golden_image_cli.runs import Run
    from golden_image_cli.stack import Stack

verbs = calling.verbs()
_RUN = "Its name or ARN; default: the newest that waits for approval."
_GROUP = "The Auto Scaling group."
_PAGE = 100
_LOOKS, _LOOK_SECONDS = 5, 1.0


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
    print(f"Watch it: {stack.command('watch', found.name)}")


def _waits(stack: Stack, run: Run) -> bool:
    asked = ledger.approval(stack, run.arn)
    return asked is not None and asked.answer is None


def _given(stack: Stack, run: Run, at: str, reason: str, *, approved: bool) -> dict[str, Any]:
    """Answer that question and no other; the question with its `answer`.

    Raises:
        Refusal: the API refused, and nothing shows that it is this answer which was lost.
        Problem: the API does not answer.
    """
    from golden_image_cli.refusals import no_answer  # noqa: PLC0415 - imports botocore, as a client has

    path = f"/refreshes/{quote(run.name, safe='')}/{'approve' if approved else 'reject'}"
    try:
        told: dict[str, Any] = rest.call(stack, "POST", path, {"reason": reason, "at": at})["approval"]
    except rest.Refusal as refusal:
        answer = _taken(stack, run.arn, at) if refusal.lost else None
        mine = {"at": at, "approved": approved, "reason": reason.strip()}
        if answer is None or any(answer.get(key) != value for key, value in mine.items()):
            raise
        return {"answer": answer}
    except Exception as error:
        if not no_answer(error):
            raise
        show = stack.command("show", run.name)
        raise Problem(
            f"The API does not answer ({error}). It may have taken the answer all the same: {show}",
            AWS_REFUSED,
        ) from error
    return told


def _taken(stack: Stack, arn: str, at: str) -> dict[str, Any] | None:
    """The answer that a run has got: from its row or, once it is over, from how it ended."""
    for _ in range(_LOOKS):
        if found := ledger.answer(stack, arn):
            return found
        run = runs.describe(stack, arn)
        if run.over:
            return _of_end(run, at)
        # It is between its last state and its end.
        time.sleep(_LOOK_SECONDS)
    return None


def _of_end(run: Run, at: str) -> dict[str, Any] | None:
    output = run.output if isinstance(run.output, dict) else {}
    cause, _ = cause_of(run)
    if rejected := re.match(rf"{re.escape(at)} was rejected by (.+?) at (\S+): (.*)$", cause, re.DOTALL):
        by, when, reason = rejected.groups()
        return {"at": at, "approved": False, "by": by, "reason": reason, "answeredAt": when}
    return next((one for one in output.get("approvals", []) if one.get("at") == at), None)


@verbs.command("generations")
def generations(
    context: typer.Context,
    group: Annotated[str, typer.Argument(metavar="GROUP", help=_GROUP)],
    limit: Annotated[int, typer.Option(min=1, max=_PAGE, help="At most so many.")] = 20,
) -> None:
    """List the generations of a group, the newest first: each can be given to it again."""
    call = calling.call_of(context)
    stack = call.stack()
    answer = rest.call(stack, "GET", f"/groups/{quote(group, safe='')}/generations?limit={limit}")
    if call.json:
        telling.as_json(answer)
        return
    for line in telling.columns([_row(one) for one in answer["generations"]]):
        print(line)
    if answer.get("nextToken"):
        print(f"There are older ones: --limit {_PAGE} shows more.")
    print(f"\nTo go back to one: {stack.command('go-back', group, '--to', 'N', '--rollout', 'R')}")


def _row(generation: dict[str, Any]) -> list[str]:
    template, image = generation["launchTemplate"], generation["image"]
    back = generation.get("goesBackTo")
    of_what = f"generation {back} again" if back else generation.get("sourceInstanceId") or "source unknown"
    return [
        str(generation["number"]),
        telling.minute(datetime.fromisoformat(generation["committedAt"])),
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
    raise typer.Exit(beginning.tell(stack, begun, watch=watch, as_json=call.json))
