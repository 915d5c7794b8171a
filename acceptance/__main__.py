"""The command: `python -m acceptance run | clean`; `make aws-acceptance` and `make aws-acceptance-clean`."""

from __future__ import annotations

import argparse
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from acceptance import state
from acceptance.account import Account, NotInTimeError
from acceptance.names import new_name
from acceptance.plan import plan
from acceptance.removal import names_in
from acceptance.report import AWS, report
from acceptance.run import Result, accept, clean
from sandbox.build import sam_build
from sandbox.processes import ChildError

if TYPE_CHECKING:
    from types import FrameType

_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_INTERRUPTED = 130


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m acceptance", description=__doc__)
    parser.add_argument("--pace", type=float, default=1.0, help="real seconds for a second of AWS")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="deploy, run every scenario, report, remove")
    run.add_argument("--yes", action="store_true", help="do not ask")
    run.add_argument("--windows", action="store_true", help="with a Windows source")
    run.add_argument("--template", type=Path, help="a built template (default: builds it)")
    run.add_argument("--report", type=Path, help="the report's file (default: .sandbox/acceptance/<name>.md)")
    run.add_argument("--place", default=AWS, help="the place's name in the report")
    remove = commands.add_parser("clean", help="remove what a killed acceptance has left")
    remove.add_argument("--yes", action="store_true", help="do not ask")
    remove.add_argument("--own", action="store_true", help="only what was begun in this clone")
    return parser.parse_args(arguments)


def _say(text: str) -> None:
    # Nobody may be there to read it, and everything is removed all the same.
    with suppress(OSError):
        print(text, flush=True)


def _agreed(given: argparse.Namespace) -> bool:
    return bool(given.yes) or input("Type yes to go on: ").strip() == "yes"


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # Once: a second signal must not cut the removal short.
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> int:
    """Run the command and answer its exit code: 0 only where all scenarios agree and nothing is left."""
    given = _arguments(arguments)
    for number in _ENDS:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores SIGHUP
            signal.signal(number, _interrupt)
    account = Account(given.pace)
    try:
        return _clean(account, given) if given.command == "clean" else _run(account, given)
    except KeyboardInterrupt:
        return _INTERRUPTED


def _run(account: Account, given: argparse.Namespace) -> int:
    wanted, result = plan(given.windows), Result(new_name())
    _say(wanted.text(account, result.name))
    if not _agreed(given):
        return 1
    template = given.template or sam_build(state.DIRECTORY / "build.log") / "template.yaml"
    try:
        accept(account, wanted, result, template, _say)
    except (BotoCoreError, ChildError, ClientError, NotInTimeError) as error:
        _say(f"broken off: {error}")
    finally:
        path = given.report or state.DIRECTORY / f"{result.name}.md"
        path.write_text(report(account, result, given.place))
        _say(f"report: {path}")
        for one in result.left:
            _say(f"left: {one}")
    return 0 if result.good else 1


def _clean(account: Account, given: argparse.Namespace) -> int:
    names = sorted({*state.begun(account), *(() if given.own else names_in(account))})
    if names:
        _say("\n".join(names))
        if not _agreed(given):
            return 1
    left = []
    for name in names:
        _say(name)
        result = Result(name)
        clean(account, result, _say)
        left += result.left
    _say("\n".join(left) or "nothing is left")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
