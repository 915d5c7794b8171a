"""The story of a run, from its events: which stage begins, how far it is, what it waits for, when it ends."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from golden_image_cli.runs import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from golden_image_cli.history import Event

BEGINS, PROGRESS, ASKS, FAILS, ENDS = "begins", "progress", "asks", "fails", "ends"
_CHECK, _FOR_PEOPLE = "Check ", "waitForTaskToken"
_FROM_OUTSIDE = {"ExecutionAborted", "ExecutionTimedOut"}
_PERCENT, _OF = re.compile(r"(\d+(?:\.\d+)?)%"), re.compile(r"(\d+) of (\d+)")
# A cause is told in one line; `why` has all of it.
_LONGEST = 200


@dataclass(frozen=True)
class Told:
    """A line of the story.

    Attributes:
        what: BEGINS, PROGRESS, ASKS (people), FAILS (one attempt), ENDS.
        stage: the state that begins it.
        path: the stages of the callers; () for one of the run's own workflow.
        at: when; since: when the stage began.
        text: the progress, or the failure.
        percent: how far it is, where the progress says so.
        wait_seconds: seconds, as the run counts them, until it looks again.
        failed: its newest attempt has failed, or it was ended from outside.
    """

    what: str
    stage: str
    path: tuple[str, ...]
    at: datetime
    since: datetime
    text: str = ""
    percent: float | None = None
    wait_seconds: float | None = None
    failed: bool = False


def told(events: Iterable[Event]) -> Iterator[Told]:
    """The story that these events tell, as they come.

    A stage is a Task with the checks and the waits after it. Choices and what only makes values do not show.
    """
    stages: dict[str, Told] = {}
    for event in events:
        stage = stages.get(event.execution)
        if event.type == "TaskStateEntered" and not _continues(stage, str(event.entered)):
            if stage:
                yield replace(stage, what=ENDS, at=event.at)
            stage = Told(BEGINS, str(event.entered), event.path, event.at, event.at)
            stages[event.execution] = stage
            yield stage
        elif stage and event.type.startswith("Execution"):
            del stages[event.execution]
            yield replace(stage, what=ENDS, at=event.at, failed=stage.failed or event.type in _FROM_OUTSIDE)
        elif stage:
            if event.failure or event.type == "TaskSucceeded":
                stage = stages[event.execution] = replace(stage, failed=event.type != "TaskSucceeded")
            yield from _within(stage, event)


def _continues(stage: Told | None, name: str) -> bool:
    """Whether a state is a check of the stage: of the same thing, such as Check Image of Register Image."""
    if stage is None or not name.startswith(_CHECK):
        return stage is not None and stage.stage == name
    things = name.removeprefix(_CHECK).split()
    return stage.stage == name or bool({*things} & {*stage.stage.split()})


def _within(stage: Told, event: Event) -> Iterator[Told]:
    if event.progress:
        yield replace(
            stage,
            what=PROGRESS,
            at=event.at,
            text=_progress(event.answer),
            percent=percent(event.progress),
            wait_seconds=event.answer.get("waitSeconds") if event.answer.get("done") is False else None,
        )
    elif str(event.raw.get("taskSubmittedEventDetails", {}).get("resource", "")).endswith(_FOR_PEOPLE):
        yield replace(stage, what=ASKS, at=event.at)
    elif event.failure:
        error, cause = event.failure
        # The execution that a failed child's caller gets as the cause has told its own failure.
        text = error if '"ExecutionArn"' in cause else f"{error}: {_message(cause)}"
        yield replace(stage, what=FAILS, at=event.at, text=text)


def _progress(answer: dict[str, Any]) -> str:
    """The progress of a check; of a roll's, with how many of the group are new."""
    if answer.get("ofVersion") is None or answer.get("inService") is None:
        return str(answer["progress"])
    told, colon, reason = str(answer["progress"]).partition(": ")
    return f"{told}, {answer['ofVersion']} of {answer['inService']} in service are new{colon}{reason}"


def _message(cause: str) -> str:
    """The message of a cause: of the JSON that Lambda makes of an error, its own."""
    found = re.search(r'"errorMessage": ?("(?:[^"\\]|\\.)*")', cause)
    text = " ".join((str(decoded(found.group(1)) or cause) if found else cause).split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def percent(progress: str) -> float | None:
    """How far a progress is: of `37%`, or of `2 of 3 in service`; None where it says neither."""
    if found := _PERCENT.search(progress):
        return min(float(found.group(1)), 100.0)
    if (found := _OF.search(progress)) and int(found.group(2)):
        return min(100.0 * int(found.group(1)) / int(found.group(2)), 100.0)
    return None
