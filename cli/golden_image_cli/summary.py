"""How a run ended, in a few lines."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from golden_image_cli import telling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from golden_image_cli.runs import Run
    from golden_image_cli.stack import Stack

_WIDTH = 80


def summary(run: Run, stack: Stack) -> Iterator[str]:
    """The lines that tell how a run that is over ended."""
    lasted = f" after {telling.span(run.seconds / stack.scale)}" if run.seconds is not None else ""
    yield f"{telling.status(run.status)}{lasted}: {telling.styled(run.name, 'bold')}"
    if run.failed:
        yield from failure(run, stack)
    elif run.dry:
        yield from wrapped("dry run", "nothing was changed")
        yield titled("its plan", stack.command("show", run.name))
    elif isinstance(run.output, dict):
        for title, text in _of_success(run.output, stack.scale):
            yield from wrapped(title, text)


def failure(run: Run, stack: Stack) -> Iterator[str]:
    """The lines that tell why a run failed."""
    yield from wrapped("error", run.error or "none")
    yield from wrapped("cause", run.cause or "none")
    yield titled("what to do", stack.command("why", run.name))


def titled(title: str, text: str) -> str:
    """One line, however long: a command that is copied must not be cut."""
    return f"{title:<12}  {text}".rstrip()


def wrapped(title: str, text: str) -> list[str]:
    """Lines of at most 80 columns: the title, then the text in a column of its own."""
    indent = " " * 14
    options: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
    paragraphs = text.splitlines() or [""]
    lines = [
        line for one in paragraphs for line in textwrap.wrap(one, _WIDTH - len(indent), **options) or [""]
    ]
    return [titled(title, lines[0]), *(f"{indent}{line}".rstrip() for line in lines[1:])]


def _of_success(output: dict[str, Any], scale: float) -> Iterator[tuple[str, str]]:
    """What there is, by the fields of a run's output; one of an older stack may lack some."""
    image, template, group = (output.get(key) or {} for key in ("image", "launchTemplate", "group"))
    if image:
        yield "image", f"{image.get('id')} {image.get('name')}"
    if template:
        yield "template", f"{template.get('name')} version {template.get('version')}"
    if group:
        before, after = (
            telling.sizes(group[key]) if group.get(key) else "" for key in ("sizesBefore", "sizesAfter")
        )
        changed = f"{before} → {after}" if before and before != after else after
        yield "group", f"{group.get('name')} {group.get('action')}, {output.get('rollout')}, {changed}"
    if generation := output.get("generation"):
        back = generation.get("goesBackTo")
        yield "generation", f"{generation.get('number')}{f', which is {back} again' if back else ''}"
    source = output.get("source") or {}
    if source.get("downtimeSeconds"):
        down = telling.span(source["downtimeSeconds"] / scale)
        yield "source", f"{source.get('state')}, was down for {down}"
    for warning in output.get("warnings") or []:
        yield "warning", str(warning)
