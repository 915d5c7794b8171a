"""The footprint of one run: history events, state transitions, invocations, and their price.

Counted in a sandbox. A first run warms it up, for a cold function is long at this scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.figures import Figure
from bench.sandboxed import sandboxed, succeeded
from golden_image_cli import prices

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from golden_image_cli.history import Event
    from sandbox.client import Client
    from sandbox.executions import Run

# Slow enough that the functions' own time does not swallow polls.
_SCALE = 0.1
VOLUMES = [{"deviceName": "/dev/xvda", "sizeGiB": 8}, {"deviceName": "/dev/xvdb", "sizeGiB": 20}]
_SIZES = {"minSize": 0, "maxSize": 4, "desiredCapacity": 2}
# In this order: the first makes the group that the others change.
RUNS: dict[str, dict[str, Any]] = {
    "create and drain": {},
    "update": {"rollout": "none", "group": _SIZES},
    "recreate": {"rollout": "recreate"},
    "roll": {"rollout": "rolling"},
}


def measure() -> Iterator[Figure]:
    """Of runs that make a group and drain it, update it, recreate its instances, and roll them."""
    with sandboxed(_SCALE) as client:
        source = client.seed(volumes=VOLUMES)["instanceId"]
        succeeded(_run(client, source, "cold", {}))
        for name, wanted in RUNS.items():
            run = succeeded(_run(client, source, "warm", wanted))
            events = list(client.events(run.arn))
            kinds = [event.type for event in events]
            retries = kinds.count("TaskScheduled") - kinds.count("TaskStateEntered")
            transitions, invocations = len(run.states) + retries, _invoked(events)
            yield Figure(f"footprint/{name}/history events", len(events), None, "events")
            yield Figure(f"footprint/{name}/transitions", transitions, None, "transitions")
            yield Figure(f"footprint/{name}/invocations", invocations, None, "invocations")
            yield Figure(f"footprint/{name}/price", prices.of_run(transitions, invocations), None, "USD")


def _run(client: Client, source: str, group: str, wanted: dict[str, Any]) -> Run:
    given = {"sourceInstanceId": source, "autoScalingGroupName": group, **wanted}
    return client.run(given, seconds=300)


def _invoked(events: Iterable[Event]) -> int:
    scheduled = (event.raw.get("taskScheduledEventDetails", {}) for event in events)
    return sum(task.get("resourceType") == "lambda" for task in scheduled)
