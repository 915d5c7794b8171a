"""The sandbox's commands: `python -m sandbox up | run | demo`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.endpoints import DEFAULT_DIRECTORY
from sandbox.launcher import DEFAULT_SCALE, AlreadyUpError, sandbox
from sandbox.processes import ChildError

if TYPE_CHECKING:
    from types import FrameType


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="AWS on this machine, for this product"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="a sandbox in the foreground, everything deployed")
    up.add_argument("--scale", type=float, default=DEFAULT_SCALE, help="real seconds per virtual second")
    up.add_argument("--port", type=int, help="of all services but EC2 and Auto Scaling (default: a free one)")
    up.add_argument("--dir", type=Path, default=DEFAULT_DIRECTORY, help="for endpoints.json and logs")
    return parser.parse_args()


def _up(arguments: argparse.Namespace) -> int:
    with sandbox(
        arguments.dir, arguments.scale, arguments.port, lambda text: print(text, file=sys.stderr)
    ) as at:
        print(f"up: {arguments.dir / 'endpoints.json'}\naws: {at.aws}\nec2: {at.ec2}", flush=True)
        threading.Event().wait()
    return 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Run the command and answer its exit code."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _up(arguments)
    except KeyboardInterrupt:
        return 0
    except (AlreadyUpError, ChildError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
