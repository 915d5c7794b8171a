"""MiniStack, with what it lacks for this product: `python -m sandbox.ministack`."""

from __future__ import annotations

import os
import signal

from ministack import app


def main() -> None:
    """Serve until SIGTERM or SIGINT, then end every function's process with it."""
    try:
        app.main()
    finally:
        # This process leads a group of its own; the group is it and the functions.
        os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    main()
