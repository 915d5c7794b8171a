"""Serve MiniStack: `python -m sandbox.ministack`, set up by the environment (see sandbox/launcher.py)."""

from __future__ import annotations

import os
import signal

from ministack import app

from sandbox.ministack import (
    callbacks,
    children,
    conditions,
    executions,
    faults,
    functions,
    gateway,
    history,
    integrations,
    log_groups,
    permissions,
    recording,
    removal,
    roles,
    schedules,
    stack_resources,
    teststate,
    versions,
)


def main() -> None:
    """Serve until SIGTERM or SIGINT, then end every function's process too."""
    history.install()
    executions.install()
    integrations.install()
    teststate.install()
    recording.install()
    versions.install()
    children.install()
    conditions.install()
    faults.install()
    callbacks.install()
    gateway.install()
    log_groups.install()
    permissions.install()
    removal.install()
    roles.install()
    schedules.install()
    stack_resources.install()
    functions.install()
    try:
        app.main()
    finally:
        # This process leads a group of its own; the group is it and the functions.
        os.killpg(os.getpgid(0), signal.SIGKILL)


if __name__ == "__main__":
    main()
