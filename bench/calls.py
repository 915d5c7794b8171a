"""How many AWS calls each step of a run makes, by the record of a sandbox's world."""

from __future__ import annotations

import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.figures import Figure
from bench.sandboxed import moment, sandboxed, succeeded
from ec2world.wire.trace import root_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import Client
    from sandbox.executions import Run

# Slow enough that what a look takes here does not save looks.
_SCALE = 0.1
_RUN_SECONDS = 120


@dataclass(frozen=True)
class Try:
    """One try of a state, and the calls to AWS that it made; see `GET /_sandbox/calls`."""

    state: str
    calls: list[dict[str, Any]]


def tries(client: Client, run: Run) -> list[Try]:
    """The tries of a run that called AWS, in their order. A run is in one state at a time."""
    calls = [call for call in client.calls() if call["trace"] == root_of(run.arn)]
    moments = [moment(call) for call in calls]
    state, begun = "", []
    for event in client.events(run.arn):
        if "stateEnteredEventDetails" in event:
            state = event["stateEnteredEventDetails"]["name"]
        elif event["type"] == "TaskScheduled":
            begun.append((state, bisect.bisect_left(moments, event["timestamp"])))
    ends = [first for _, first in begun[1:]] + [len(calls)]
    found = [Try(state, calls[first:end]) for (state, first), end in zip(begun, ends, strict=True)]
    return [one for one in found if one.calls]


def measure() -> Iterator[Figure]:
    """Of a run that makes a group and drains it: the calls of each state's first try, and of all."""
    with sandboxed(_SCALE) as client:
        source = client.seed()["instanceId"]
        run_input = {"sourceInstanceId": source, "autoScalingGroupName": "calls"}
        found = tries(client, succeeded(client.run(run_input, seconds=_RUN_SECONDS)))
    first: dict[str, int] = {}
    for one in found:
        first.setdefault(one.state, len(one.calls))
    for state, calls in first.items():
        yield Figure(f"calls/{state}", calls, None, "calls")
    yield Figure("calls/whole refresh", sum(len(one.calls) for one in found), None, "calls")
