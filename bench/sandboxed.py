"""The sandbox that a benchmark runs in, and what its EC2 world's record tells of a run or a script."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ec2world.wire.trace import root_of
from sandbox.client import Client
from sandbox.endpoints import DEFAULT_DIRECTORY
from sandbox.launcher import sandbox
from sandbox.processes import forget_user_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sandbox.executions import Run


@contextmanager
def sandboxed(scale: float) -> Iterator[Client]:
    """A sandbox of its own, at `scale` real seconds for a virtual one; its logs stay where a block fails."""
    forget_user_settings()
    directory = DEFAULT_DIRECTORY / f"bench-{os.getpid()}"
    with sandbox(directory, scale, say=lambda text: print(f"sandbox: {text}", file=sys.stderr)) as endpoints:
        yield Client(endpoints)
    shutil.rmtree(directory)


def succeeded(run: Run) -> Run:
    """The run.

    Raises:
        RuntimeError: it has not succeeded; what was measured of it would mean nothing.
    """
    if run.status != "SUCCEEDED":
        raise RuntimeError(f"{run.arn} {run.status}: {run.error}: {run.cause}")
    return run


def moment(call: dict[str, Any]) -> datetime:
    """When a recorded call was answered."""
    return datetime.fromisoformat(call["at"])


def calls_of(client: Client, runs: Iterable[Run]) -> list[dict[str, Any]]:
    """The calls to EC2 and Auto Scaling, in their order, of these runs."""
    roots = {root_of(run.arn) for run in runs}
    return [
        call
        for call in client.calls()
        if call["trace"] in roots and call["service"] in {"ec2", "autoscaling"}
    ]


def downtime(client: Client, source: str, scale: float) -> float | None:
    """Virtual seconds for which EC2 had a source not running: from the stop to the end of its start.

    It is what the source's users see, whoever looks at its state and when. None where it was not started
    again yet. `scale` is what the world's was meanwhile.
    """
    moments = {
        call["action"]: moment(call)
        for call in client.calls()
        if call["action"] in {"StopInstances", "StartInstances"}
        and call["status"] == 200
        and source in call["params"]["InstanceIds"]
    }
    if "StartInstances" not in moments:
        return None
    between = moments["StartInstances"] - moments["StopInstances"]
    starting: float = client.control("GET", "durations")["start"]
    return between.total_seconds() / scale + starting
