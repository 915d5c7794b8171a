"""A plan that is kept in a file: what was asked, of which stack, and what the plan was.

The input may have user data, so nobody else may read the file.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_image_cli.problems import WRONG_CALL, Problem

if TYPE_CHECKING:
    from golden_image_cli.stack import Stack

_FORMAT = "golden-image plan 1"


@dataclass(frozen=True)
class Kept:
    """What a file has: the input of the dry run, without `dryRun`, and its output."""

    input: dict[str, Any]
    plan: dict[str, Any]


def write(file: Path, stack: Stack, kept: Kept) -> None:
    """Keep a plan, in one step and with mode 0600, whatever the file was before.

    Raises:
        Problem: the file cannot be written, or the plan could never be applied.
    """
    if "digest" not in kept.plan:
        raise Problem(
            f"Plans of stack {stack.name} cannot be applied: it is older than this command line."
            " Deploy the newer version, or leave out -o.",
            WRONG_CALL,
        )
    content = {
        "format": _FORMAT,
        "stateMachineArn": stack.state_machine_arn,
        "input": kept.input,
        "plan": kept.plan,
    }
    if file.exists() and not file.is_file():
        raise Problem(f"-o {file}: is no file. Name one in a folder that exists.", WRONG_CALL)
    try:
        # Made with mode 0600, and gone unless it has become the file.
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", prefix=f".{file.name}.", dir=file.parent, delete_on_close=False
        ) as out:
            json.dump(content, out, indent=2, ensure_ascii=False)
            out.write("\n")
            out.close()
            Path(out.name).replace(file)
    except OSError as error:
        raise Problem(f"-o {file}: cannot be written: {error.strerror}.", WRONG_CALL) from None


def read(file: Path, stack: Stack) -> Kept:
    """What a file has.

    Raises:
        Problem: it cannot be read, is no plan, or is one of another stack.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Problem(f"{file}: cannot be read: {error.strerror}.", WRONG_CALL) from None
    except (ValueError, RecursionError):
        raise _no_plan(file, stack) from None
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise _no_plan(file, stack)
    if content.get("stateMachineArn") != stack.state_machine_arn:
        raise Problem(
            f"{file} is a plan of {content.get('stateMachineArn')}, and stack {stack.name} has"
            f" {stack.state_machine_arn}. Name the plan's own stack with --stack or --region.",
            WRONG_CALL,
        )
    run_input, plan = content.get("input"), content.get("plan")
    if not (isinstance(run_input, dict) and isinstance(plan, dict) and plan.get("digest")):
        raise _no_plan(file, stack)
    return Kept(run_input, plan)


def _no_plan(file: Path, stack: Stack) -> Problem:
    make = stack.command("plan", "SOURCE", "GROUP", "-o", str(file))
    return Problem(f"{file} is no plan. Make one: {make}", WRONG_CALL)
