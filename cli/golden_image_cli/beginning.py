"""A run that was just started: watched to its end, or told and left to itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golden_image_cli import telling

if TYPE_CHECKING:
    from golden_image_cli.runs import Run
    from golden_image_cli.stack import Stack


def tell(stack: Stack, run: Run, *, watch: bool, as_json: bool) -> int:
    """Tell of the run; with `watch`, until it is over.

    Returns: the exit code.
    """
    if watch:
        from golden_image_cli.watch import follow  # noqa: PLC0415 - takes its time, and is not always wanted

        return follow(stack, run, as_json)
    if as_json:
        telling.as_json(telling.fields(run))
    else:
        print(f"started {run.name}\n{run.arn}\nWatch it: {stack.command('watch', run.name)}")
    return 0
