"""Follows a run to its end, in the voice that the output takes."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

from golden_image_cli import history, runs, telling
from golden_image_cli.patience import Patient
from golden_image_cli.problems import OUTDATED_PLAN, RUN_FAILED, SUCCESS
from golden_image_cli.summary import summary
from golden_image_cli.voices.json_lines import JsonLines
from golden_image_cli.voices.lines import Lines
from golden_image_cli.voices.stages import told

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from typing import TextIO

    from golden_image_cli.history import Event
    from golden_image_cli.runs import Run
    from golden_image_cli.stack import Stack
    from golden_image_cli.voices.live import Live

    type Voice = Live | Lines | JsonLines


def follow(stack: Stack, run: Run, as_json: bool) -> int:
    """Tell a run until it is over, and how it ended.

    A connection that is lost, and credentials that expire, are told and waited for.

    Returns: the exit code: 0 only for a run that succeeded, that of an outdated plan for one that had it.
    """
    # It may take hours: `main` has left it off.
    gc.enable()
    try:
        if as_json:
            return _as_json(stack, run)
        print(f"{telling.styled(run.name, 'bold')}, started {telling.moment(run.start)}", flush=True)
        answers = [stack.command(verb, run.name, "--reason", "WHY") for verb in ("approve", "reject")]
        voice = voice_for(sys.stdout, answers, run.start, stack.scale)
        patient = Patient(stack.account, voice.note)
        narrate(voice, history.events(patient, run.arn, _poll_seconds(stack)))
        over = runs.run_of(patient.describe_execution(executionArn=run.arn))
        for line in summary(over, stack):
            print(line)
    except KeyboardInterrupt:
        # On a terminal the run would seem to be stopped too.
        print(f"\nThe run goes on. To stop it: {stack.command('stop', run.name)}", file=sys.stderr)
        raise
    return _exit_code(over)


def _exit_code(over: Run) -> int:
    return OUTDATED_PLAN if over.outdated else RUN_FAILED if over.failed else SUCCESS


def _as_json(stack: Stack, run: Run) -> int:
    voice = JsonLines(sys.stdout)
    patient = Patient(stack.account, voice.note)
    voice.write("run", {key: telling.fields(run)[key] for key in ("name", "executionArn", "startedAt")})
    narrate(voice, history.events(patient, run.arn, _poll_seconds(stack)))
    over = runs.run_of(patient.describe_execution(executionArn=run.arn))
    voice.write("over", telling.fields(over))
    return _exit_code(over)


def narrate(voice: Voice, events: Iterable[Event]) -> None:
    """Tell these events as they come."""
    try:
        for line in told(events):
            voice.tell(line)
    finally:
        voice.end()


def voice_for(out: TextIO, answers: Sequence[str], start: datetime, scale: float) -> Live | Lines:
    """The voice that this output takes, for a run that started then.

    Args:
        answers: the commands that answer the run if it asks people.
        scale: real seconds per second that the run counts.
    """
    if not telling.is_terminal(out):
        return Lines(out, answers, start, scale)
    from rich.console import Console  # noqa: PLC0415 - for a terminal only

    from golden_image_cli.voices.live import Live  # noqa: PLC0415

    return Live(Console(file=out), answers, scale)


def _poll_seconds(stack: Stack) -> float:
    return max(history.POLL_SECONDS * stack.scale, history.SHORTEST_POLL_SECONDS)
