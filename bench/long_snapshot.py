"""A snapshot of 24 hours: how many history events its run has, and how late the run sees that it is over."""

from __future__ import annotations

import statistics
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bench.figures import Figure
from bench.sandboxed import calls_of, moment, sandboxed, succeeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.executions import Run

_SNAPSHOT = 24 * 3600
_SCALE = 1 / 900
_RUN_SECONDS = 180


def measure() -> Iterator[Figure]:
    """Events of the whole run, and the virtual seconds from the snapshot's end to the look that saw it.

    At this scale a look, which takes milliseconds, takes virtual seconds: so many has the sandbox added to
    each wait.
    """
    with sandboxed(_SCALE) as client:
        client.control("PUT", "durations", {"snapshotBase": _SNAPSHOT, "snapshotPerGiB": 0})
        run_input = {
            "sourceInstanceId": client.seed()["instanceId"],
            "autoScalingGroupName": "long-snapshot",
            "timeouts": {"snapshot": 2 * _SNAPSHOT},
        }
        run = succeeded(client.run(run_input, seconds=_RUN_SECONDS))
        events = sum(1 for _ in client.history(run.arn))
        calls = calls_of(client, [run])
    created = next(call for call in calls if call["action"] == "CreateSnapshots")
    looks = [call for call in calls if call["role"] == "CheckSnapshotsFunction"]
    late = moment(looks[-1]) - moment(created) - timedelta(seconds=_SNAPSHOT * _SCALE)
    yield Figure("long_snapshot/history events", events, None, "events", at_most=5000)
    yield Figure("long_snapshot/delay", late.total_seconds() / _SCALE, None, "virtual s", at_most=300)
    yield Figure("long_snapshot/looks", len(looks), None, "looks")
    yield Figure("long_snapshot/one look in the sandbox", _look_seconds(run), None, "virtual s")


def _look_seconds(run: Run) -> float:
    """The median of how long a visit of Check Snapshots lasts, in virtual seconds."""
    lasted = [
        (datetime.fromisoformat(visit.exited) - datetime.fromisoformat(visit.entered)).total_seconds()
        for visit in run.states
        if visit.name == "Check Snapshots" and visit.exited
    ]
    return statistics.median(lasted) / _SCALE
