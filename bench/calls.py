"""How many AWS calls each step of a run makes, by the record of a sandbox's world."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.figures import Figure
from bench.sandboxed import moment, sandboxed, succeeded
from ec2world.wire.trace import root_of
from sandbox.matrix import existing
from sandbox.matrix.answers import APPROVE, answering

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import Client
    from sandbox.executions import Run

# Slow enough that what a look takes here does not save looks.
_SCALE = 0.1
_RUN_SECONDS = 180
_DOCUMENT = {"document": "AWS-RunShellScript", "parameters": {"commands": ["true"]}}
_GROUP = {
    "minSize": 1,
    "maxSize": 2,
    "desiredCapacity": 1,
    "targetCpuUtilization": 55,
    "tags": {"Team": "ops"},
}
# In this order: each changes the group of the one before.
RUNS: dict[str, dict[str, Any]] = {
    "refresh": {"group": {"tags": {"Team": "web"}}},
    "update": {"rollout": "none", "group": _GROUP},
    "roll": {
        "rollout": "rolling",
        "prepare": _DOCUMENT,
        "canary": {**_DOCUMENT, "document": "AWS-RunPowerShellScript"},
        "approval": {"at": ["image"]},
        "group": {"maxSize": 3},
    },
    "way back": {"goBackTo": "previous", "rollout": "recreate"},
}


@dataclass(frozen=True)
class Try:
    """One try of a state, and the calls to AWS that it made; see `GET /_sandbox/calls`."""

    state: str
    calls: list[dict[str, Any]]


# It looks at each run that has ended; its calls are in the run's trace, and of no state.
_SWEEPER = "SweepRunsFunction"


def tries(client: Client, run: Run) -> list[Try]:
    """The tries of a run that called AWS, in their order. A run is in one state at a time."""
    calls = [
        call for call in client.calls() if call["trace"] == root_of(run.arn) and call["role"] != _SWEEPER
    ]
    moments = [moment(call) for call in calls]
    state, begun = "", []
    for event in client.events(run.arn):
        state = event.entered or state
        if event.type == "TaskScheduled":
            begun.append((state, bisect.bisect_left(moments, event.at)))
    ends = [first for _, first in begun[1:]] + [len(calls)]
    found = [Try(state, calls[first:end]) for (state, first), end in zip(begun, ends, strict=True)]
    return [one for one in found if one.calls]


def made(client: Client, group: str) -> dict[str, list[Try]]:
    """The tries of each of the runs, of one source and one group."""
    client.make_profile(group)
    source = client.seed(instanceProfile=group)["instanceId"]
    found = {}
    for name, wanted in RUNS.items():
        given = {"autoScalingGroupName": group, **wanted}
        if "goBackTo" not in wanted:
            given["sourceInstanceId"] = source
        run = client.start(given)
        with answering(client, run, APPROVE):
            found[name] = tries(client, succeeded(client.wait(run, _RUN_SECONDS)))
        if wanted.get("group") == _GROUP:
            existing.until_whole(client, group, 1)
    return found


def measure() -> Iterator[Figure]:
    """Of a run of each kind: the calls of each state's first try, once for each state, and of all."""
    with sandboxed(_SCALE) as client:
        runs = made(client, "calls")
    first: dict[str, int] = {}
    for one in (one for found in runs.values() for one in found):
        first.setdefault(one.state, len(one.calls))
    for state, calls in first.items():
        yield Figure(f"calls/{state}", calls, None, "calls")
    for name, found in runs.items():
        yield Figure(f"calls/whole {name}", sum(len(one.calls) for one in found), None, "calls")
