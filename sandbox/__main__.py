"""The sandbox's commands: `python -m sandbox up | run | demo`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.client import Client
from sandbox.demo.scene import set_up_first_run
from sandbox.demo.show import demo
from sandbox.endpoints import DEFAULT_DIRECTORY
from sandbox.launcher import DEFAULT_SCALE, AlreadyUpError, sandbox
from sandbox.processes import ChildError, forget_user_settings
from sandbox.run import run_files

if TYPE_CHECKING:
    from types import FrameType

_ENDS = (signal.SIGINT, signal.SIGTERM)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="AWS on this machine, with this product deployed in it."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="a sandbox in the foreground, until Ctrl-C")
    up.add_argument("--scale", type=_scale, default=DEFAULT_SCALE, help="real seconds per virtual second")
    up.add_argument("--port", type=int, help="of all services but EC2 and Auto Scaling (default: a free one)")
    up.add_argument("--scene", action="store_true", help="with a source and a group, for the first-run guide")
    run = commands.add_parser("run", help="runs, one after another; exit code 0 only for SUCCEEDED")
    run.add_argument("file", type=Path, nargs="+", help="a run's input, JSON")
    run.add_argument("--json", action="store_true", help="print a JSON object: how it ended, its states")
    run.add_argument("--meanwhile", type=Path, metavar="RULES", help="what happens during the last run, JSON")
    show = commands.add_parser("demo", help="a roll, and a canary that fails, in a new sandbox")
    show.add_argument("file", type=Path, nargs="?", help="one run instead: an input of events/execution/")
    for command, directory in (
        (up, DEFAULT_DIRECTORY),
        (run, DEFAULT_DIRECTORY),
        (show, DEFAULT_DIRECTORY / "demo"),
    ):
        command.add_argument(
            "--dir", type=Path, default=directory, help="the sandbox's: endpoints.json, logs"
        )
    return parser.parse_args()


def _scale(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError("a number above 0 and at most 1")
    return value


def _up(arguments: argparse.Namespace) -> int:
    def say(text: str) -> None:
        print(text, file=sys.stderr)

    source = arguments.dir / "source"
    with sandbox(arguments.dir, arguments.scale, arguments.port, say) as endpoints, ExitStack() as at_the_end:
        if arguments.scene:
            scene = set_up_first_run(Client(endpoints), say)
            at_the_end.callback(source.unlink, missing_ok=True)
            source.write_text(f"{scene.source}\n")
            print("\n".join(scene.told))
        print(f"aws  {endpoints.aws}\nec2  {endpoints.ec2}")
        print(f"up   {arguments.dir / 'endpoints.json'}", flush=True)
        threading.Event().wait()
    return 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # Once: a second signal must not cut short what ends the children.
    for number in _ENDS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> int:
    """Run the command and answer its exit code."""
    arguments = _arguments()
    forget_user_settings()
    for number in _ENDS:
        signal.signal(number, _interrupt)
    try:
        match arguments.command:
            case "up":
                return _up(arguments)
            case "run":
                return run_files(arguments.file, arguments.dir, arguments.json, arguments.meanwhile)
            case _:
                return demo(arguments.dir, arguments.file)
    except KeyboardInterrupt:
        return 0 if arguments.command == "up" else 130
    except (AlreadyUpError, ChildError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
