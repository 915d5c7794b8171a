"""What one run costs, counted in a sandbox: `python -m tests.docs.price` prints one line of JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.client import Client
from sandbox.endpoints import DEFAULT_DIRECTORY
from sandbox.launcher import sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

# US dollars in us-east-1, from AWS's public price pages, November 2026.
PER_TRANSITION = 0.025 / 1000
PER_INVOCATION = 0.20 / 1_000_000
PER_GB_SECOND = 0.0000166667
MEMORY_GB = 256 / 1024
ASSUMED_SECONDS = 1.0
"""Of one invocation, cold starts included; not measured on AWS."""

# Slow enough that the functions' own time does not swallow polls, as it does at the demo's scale.
_SCALE = 0.1
_VOLUMES = [{"deviceName": "/dev/xvda", "sizeGiB": 8}, {"deviceName": "/dev/xvdb", "sizeGiB": 20}]
_STATES = json.loads(Path("statemachine/golden_image_refresh.asl.json").read_text())["States"]


def dollars(transitions: int, invocations: int) -> float:
    """The price of a run in US dollars, without the free tier."""
    each = PER_INVOCATION + MEMORY_GB * ASSUMED_SECONDS * PER_GB_SECOND
    return transitions * PER_TRANSITION + invocations * each


def _counted(client: Client, group: str) -> Mapping[str, object]:
    source = client.seed(volumes=_VOLUMES)["instanceId"]
    run = client.run({"sourceInstanceId": source, "autoScalingGroupName": group}, seconds=300)
    events = [event["type"] for event in client.history(run.arn)]
    retries = events.count("TaskScheduled") - sum(kind == "TaskStateEntered" for kind in events)
    called = [name for name in run.state_names if "lambda:invoke" in _STATES[name].get("Resource", "")]
    transitions, invocations = len(run.states) + retries, len(called) + retries
    return {
        "figure": "one refresh, two volumes, drained",
        "status": run.status,
        "transitions": transitions,
        "invocations": invocations,
        "historyEvents": len(events),
        "dollars": round(dollars(transitions, invocations), 5),
    }


def main() -> int:
    with sandbox(DEFAULT_DIRECTORY / "price", _SCALE) as endpoints:
        client = Client(endpoints)
        # The first run finds every function cold, which is long at this scale.
        client.run(
            {"sourceInstanceId": client.seed()["instanceId"], "autoScalingGroupName": "cold"}, seconds=300
        )
        sys.stdout.write(json.dumps(_counted(client, "warm")) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
