"""`report`: a page that shows a run, or two of them side by side."""

from __future__ import annotations

import re
import webbrowser
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from golden_image_cli import calling, history, runs, telling
from golden_image_cli.problems import WRONG_CALL, Problem
from golden_image_cli.report import as_html, as_svg, comparison, page, story

if TYPE_CHECKING:
    from golden_image_cli.report.blocks import Page
    from golden_image_cli.report.story import Story
    from golden_image_cli.stack import Stack

verbs = calling.verbs()
# What XML and UTF-8 have no place for, such as the escapes in the output of a canary's console.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WRITERS = {".html": as_html.write, ".svg": as_svg.write}


@verbs.command("report")
def report(
    context: typer.Context,
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="Its name or ARN; default: the newest that is no dry run."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", metavar="FILE", help="An .html or an .svg file; default: RUN.html in this folder."
        ),
    ] = None,
    opened: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Show two runs side by side, and why one of them took longer."),
    ] = None,
) -> None:
    """Write a page that shows a run: one file, which needs no network.

    It has what ran when, the source's downtime, the instances in service, what has changed, the costs, and
    what was undone. With --json, print the page's data; a file is then written only with -o.
    """
    if run and compare:
        raise Problem(f"--compare names both runs: leave out {run}", WRONG_CALL)
    if output and output.suffix not in _WRITERS:
        raise Problem(f"-o {output} is neither an .html nor an .svg file: name one", WRONG_CALL)
    call = calling.call_of(context)
    stack = call.stack()
    options = "--sandbox" if call.sandbox else f"--stack {stack.name}"
    stories = [_story(stack, name) for name in compare or (run,)]
    first, *others = stories
    if call.json:
        told = [_in_camel_case(asdict(one)) for one in stories]
        telling.as_json(told if others else told[0])
    if call.json and not (output or opened):
        return
    made = comparison.of(first, others[0], options) if others else page.of(first, options)
    path = output or Path(f"{'-and-'.join(one.name for one in stories)}.html")
    write(path, made)
    if not call.json:
        print(path)
    if opened and not webbrowser.open(path.absolute().as_uri()):
        raise Problem(f"There is no browser to open. The page is in {path.absolute()}", WRONG_CALL)


def _in_camel_case(value: Any) -> Any:
    """The value with the names of its members as the REST API writes names."""
    if isinstance(value, dict):
        return {
            re.sub("_(.)", lambda found: found[1].upper(), key): _in_camel_case(of)
            for key, of in value.items()
        }
    return [_in_camel_case(one) for one in value] if isinstance(value, list | tuple) else value


def _story(stack: Stack, named: str | None) -> Story:
    found = runs.find(stack, named)
    past = history.events(stack.client("stepfunctions"), found.arn, follow=False)
    return story.read(found, past, stack.scale)


def write(path: Path, made: Page) -> None:
    """Write a page as its file's name says.

    Raises:
        Problem: the file cannot be written.
    """
    try:
        path.write_text(_UNWRITABLE.sub("\ufffd", _WRITERS[path.suffix](made)), encoding="utf-8")
    except OSError as error:
        raise Problem(
            f"{path} cannot be written: {error.strerror}. Name another file with -o", WRONG_CALL
        ) from None
