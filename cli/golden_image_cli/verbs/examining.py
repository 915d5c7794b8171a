"""`doctor`: what would stop a run now."""

from __future__ import annotations

import typer

from golden_image_cli import calling, telling
from golden_image_cli.examination import FINE, STOPS, UNKNOWN, WARNING, examine
from golden_image_cli.problems import RUN_FAILED
from golden_image_cli.summary import wrapped

verbs = calling.verbs()
_MARKS = {FINE: ("ok", "green"), WARNING: ("! ", "yellow"), STOPS: ("!!", "red"), UNKNOWN: ("? ", "dim")}


@verbs.command("doctor")
def doctor(context: typer.Context) -> None:
    """Look for what would stop a run, and for what nobody would be told of. Nothing is changed.

    ok is fine, ! deserves a look, !! stops every run, ? is unknown. Exits with 1 where something stops runs.
    """
    call = calling.call_of(context)
    stack = call.stack()
    found = []
    for finding in examine(stack):
        found.append(finding)
        if not call.json:
            mark, style = _MARKS[finding.state]
            first, *more = wrapped(f"{mark} {finding.subject}", finding.text)
            print("\n".join([first.replace(mark, telling.styled(mark, style), 1), *more]), flush=True)
    if call.json:
        telling.as_json([vars(one) for one in found])
    if any(one.state == STOPS for one in found):
        raise typer.Exit(RUN_FAILED)
