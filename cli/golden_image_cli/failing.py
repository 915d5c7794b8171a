"""Why a run failed: what it tells itself, and the state that its history shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from golden_image_cli.history import Visit
    from golden_image_cli.runs import Run

_ROLL_BACK = " Roll-back: "
# What the trunk does once it has failed.
_AFTERWARDS = {"Undo", "Notify Failure"}


def cause_of(run: Run) -> tuple[str, str]:
    """The cause of the run's first error, and what was undone; each is empty where the run tells none."""
    cause, mark, roll_back = (run.cause or "").rpartition(_ROLL_BACK)
    return (cause, roll_back.removesuffix(".")) if mark else (roll_back, "")


def failing_state(visits: Iterable[Visit]) -> Visit | None:
    """The innermost task that failed, or that a run which was ended from outside was at."""
    before = [
        visit for visit in visits if visit.type == "Task" and not _AFTERWARDS & {*visit.path, visit.name}
    ]
    failed = [visit for visit in before if visit.failures and not visit.succeeded]
    if not before or before[-1].exited is None or not failed:
        return before[-1] if before else None
    # The state that failed last has ended what was under way.
    last = next((visit for visit in reversed(failed) if not visit.path), failed[-1])
    inner = [visit for visit in failed if last.name in visit.path and visit.entered >= last.entered]
    return inner[-1] if inner else last
