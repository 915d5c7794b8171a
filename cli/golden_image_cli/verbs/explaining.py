"""`why`: a run that failed, explained in the words of docs/guides/failure.md."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from golden_image_cli import calling, history, ledger, runs, telling
from golden_image_cli.failing import cause_of, failing_state
from golden_image_cli.problems import WRONG_CALL, Problem
from golden_image_cli.summary import wrapped

if TYPE_CHECKING:
    from golden_image_cli.history import Visit
    from golden_image_cli.runs import Run
    from golden_image_cli.stack import Stack

verbs = calling.verbs()
_RUN = "Its name or ARN; default: the newest that failed."
_INCOMPLETE = "INCOMPLETE"


@dataclass(frozen=True)
class Explanation:
    """Why a run failed.

    Attributes:
        error: the first one; the run's status where it was ended from outside.
        state: the state that failed, or in which the run was ended, after its callers.
        execution: the child in which it failed; None for the run's own.
        undone: what was undone, and what is left.
    """

    error: str
    cause: str
    state: str | None
    execution: str | None
    undone: str
    advice: list[str]


@verbs.command("why")
def why(
    context: typer.Context,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help=_RUN)] = None,
) -> None:
    """Explain why a run failed: the first error, where, what was undone, and what to do."""
    call = calling.call_of(context)
    stack = call.stack()
    found = runs.find(stack, run, lambda one: one.failed and not one.dry, "run that failed")
    if not found.over:
        watch = stack.command("watch", found.name)
        raise Problem(f"{found.name} goes on. To watch it: {watch}", WRONG_CALL)
    if not found.failed:
        show = stack.command("show", found.name)
        raise Problem(f"{found.name} has succeeded. What came of it: {show}", WRONG_CALL)
    explained = explain(stack, found)
    if call.json:
        told = {key: value for key, value in vars(explained).items() if value is not None}
        telling.as_json({"name": found.name, "executionArn": found.arn, "status": found.status, **told})
    else:
        _tell(found, explained)


def explain(stack: Stack, run: Run) -> Explanation:
    """Why a run that failed did, from its history, the ledger and the advice of docs/guides/failure.md."""
    cause, roll_back = cause_of(run)
    error = run.error if run.error and run.status == "FAILED" else run.status
    visits = history.visits(history.events(stack.client("stepfunctions"), run.arn))
    failing = failing_state(visits)
    undone = _undone(stack, run, roll_back, visits)
    return Explanation(
        error=error,
        cause=cause,
        state=" > ".join((*failing.path, failing.name)) if failing else None,
        execution=failing.execution if failing and failing.path else None,
        undone=undone,
        advice=_advice(error, undone),
    )


def _undone(stack: Stack, run: Run, roll_back: str, visits: list[Visit]) -> str:
    if roll_back and not roll_back.startswith(_INCOMPLETE):
        return roll_back
    row = ledger.row(stack, run.arn)
    if row is None:
        committed = any(visit.name == "Commit Refresh" and visit.exited for visit in visits)
        over = "Nothing: the rollout had succeeded, so the group keeps the new image." if committed else ""
        return (
            over
            or roll_back
            or "Nothing of the run is left: it had changed nothing, or its undo is complete."
        )
    if row.committed:
        return f"Nothing: the rollout had succeeded. The locks of {', '.join(row.locks)} are released soon."
    told = f"The run still locks {', '.join(row.locks)}."
    if row.undo is None:
        return f"{told} Its undo begins within two minutes."
    if not row.undo.over:
        return f"{told} Its undo is under way: {row.undo.name}."
    reason = f": {row.undo.error}: {row.undo.cause}" if row.undo.error else ""
    return f"{told} The last try to undo it is {row.undo.status}{reason}. The next begins within two minutes."


def _advice(error: str, undone: str) -> list[str]:
    text = Path(__file__).parent.parent.joinpath("data/advice.json").read_text(encoding="utf-8")
    known: dict[str, str] = json.loads(text)
    left = [known[name] for name in known if name != error and f"{name}:" in undone]
    return [known.get(error, known["other"]), *left]


def _tell(run: Run, explained: Explanation) -> None:
    print(f"{telling.status(run.status)} {telling.styled(run.name, 'bold')} {telling.moment(run.start)}\n")
    for title, text in (
        ("error", explained.error),
        ("failed at", explained.state),
        ("cause", explained.cause),
        ("undone", explained.undone),
        ("what to do", "\n".join(explained.advice)),
        ("read more", "“When a run fails” in the project's docs"),
    ):
        if text:
            print("\n".join(wrapped(title, text)))
    if explained.execution:
        print(f"\nThe child workflow that failed:\n{explained.execution}")
    print(f"\nThe run:\n{run.arn}")
