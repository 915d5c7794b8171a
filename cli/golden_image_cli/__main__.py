"""`golden-image`: the entry point, and the table of its verbs."""

from __future__ import annotations

import gc
import os
import sys
from io import TextIOWrapper
from typing import NoReturn

from golden_image_cli.problems import Problem

# Each verb with its module and its line of `golden-image --help`, which imports no module.
VERBS = {
    "plan": ("planning", "Show what a run would change, and change nothing"),
    "apply": ("applying", "Run exactly the plan that is in a file"),
    "start": ("running", "Start a run: image SOURCE, and give the image to GROUP"),
    "watch": ("watching", "Show a run while it goes on"),
    "list": ("listing", "List the newest runs"),
    "show": ("listing", "Show a run: its input, and what came of it"),
    "why": ("explaining", "Explain why a run has failed, and what to do"),
    "stop": ("stopping", "Stop a run; what it has changed is undone"),
    "approve": ("operating", "Approve what a run asks"),
    "reject": ("operating", "Reject what a run asks; the run is undone"),
    "generations": ("operating", "List the images that a group had"),
    "go-back": ("operating", "Give a group one of its generations again"),
    "report": ("reporting", "Write a page that shows a run"),
    "doctor": ("examining", "Look for what would stop a run"),
}


def main() -> None:
    """Run the command line of this process, and exit."""
    # What is imported stays: to look for garbage in it takes a seventh of the time to the first output.
    gc.disable()
    from golden_image_cli.verb_group import Verbs  # noqa: PLC0415

    if isinstance(sys.stdout, TextIOWrapper):
        # A locale may lack the arrow of a diff.
        sys.stdout.reconfigure(errors="replace")
    try:
        Verbs(VERBS).main(prog_name="golden-image")
    except Problem as problem:
        _end(problem)
    except Exception as error:
        refusal = _refusal(error) if "botocore" in sys.modules else None
        if refusal is None:
            raise
        _end(refusal)
    finally:
        _flush()


def _flush() -> None:
    try:
        if sys.stdout:
            sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads any more. Python would write again at its end, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refusal(error: Exception) -> Problem | None:
    from golden_image_cli.refusals import problem_of  # noqa: PLC0415 - imports botocore, as the verb has

    return problem_of(error, sandbox="--sandbox" in sys.argv)


def _end(problem: Problem) -> NoReturn:
    print(f"golden-image: {problem}", file=sys.stderr)
    sys.exit(problem.exit_code)


if __name__ == "__main__":
    main()
