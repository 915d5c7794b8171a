"""AWS's token buckets in virtual time alone: how long runs wait for them at the least, and with retries."""

from __future__ import annotations

import heapq
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ec2world.trouble.throttle import Throttle
from ec2world.virtual_time.clock import Clock
from ec2world.wire.call import Call, Request
from sandbox.build import ROOT

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

SDK_ATTEMPTS = 3
"""Of one call within one invocation, as golden_image.aws asks of botocore; its mode is `standard`."""

_TICK = 0.05
_DEFINITION = ROOT / "statemachine/golden_image_refresh.asl.json"


@dataclass(frozen=True)
class Step:
    """A call of a run, `after` virtual seconds from the answer to the one before it."""

    after: float
    call: Call


@dataclass(frozen=True)
class Retrier:
    """A Retry of the workflow; times in seconds."""

    interval: float
    rate: float
    longest: float
    attempts: int
    jitter: bool

    def delay(self, retries: int, numbers: random.Random) -> float:
        """The wait before the next try, after so many retries."""
        seconds = min(self.longest, self.interval * self.rate**retries)
        return seconds * numbers.random() if self.jitter else seconds


@dataclass(frozen=True)
class Burst:
    """What became of callers that all began in the same moment.

    Attributes:
        seconds: until the last of them succeeded.
        most_retries: of the workflow, by the unluckiest.
        failed: how many had no retries left.
    """

    seconds: float
    most_retries: int
    failed: int


class _HandSet(Clock):
    """A clock that goes where it is set."""

    time = 0.0

    def now(self) -> float:
        """The time that it is set to."""
        return self.time


def call(service: str, action: str, params: dict[str, Any]) -> Call:
    """A call, as much of it as the buckets look at."""
    return Call(
        Request("POST", "/", {}, b""), service, action, "us-east-1", "", "json", operation=None, params=params
    )


def throttling_retrier(state: str) -> Retrier:
    """How the workflow retries RequestThrottled in a state."""
    retriers = json.loads(_DEFINITION.read_text())["States"][state]["Retry"]
    found = next(one for one in retriers if "RequestThrottled" in one["ErrorEquals"])
    return Retrier(
        interval=found["IntervalSeconds"],
        rate=found["BackoffRate"],
        longest=found["MaxDelaySeconds"],
        attempts=found["MaxAttempts"],
        jitter=found.get("JitterStrategy") == "FULL",
    )


def least_seconds(steps: Sequence[Step], runs: int) -> float:
    """From the beginning to the last call of so many runs, begun at once, that make these calls.

    Each run goes on as if alone, but that every call waits for its token and is made, once, in the moment the
    token is there, a moment that no client knows.
    """
    clock = _HandSet()
    throttle = Throttle(clock)
    throttle.enabled = True
    queue = [(steps[0].after, run, 0) for run in range(runs)]
    while queue:
        clock.time, run, number = heapq.heappop(queue)
        if throttle.refuses(steps[number].call):
            heapq.heappush(queue, (clock.time + _TICK, run, number))
        elif number + 1 < len(steps):
            heapq.heappush(queue, (clock.time + steps[number + 1].after, run, number + 1))
    return clock.time


def burst(wanted: Call, callers: int, retrier: Retrier, numbers: random.Random) -> Burst:
    """So many callers that make the same call in the same moment, each of them with the SDK's attempts."""
    clock = _HandSet()
    throttle = Throttle(clock)
    throttle.enabled = True
    queue = [(0.0, caller, 0) for caller in range(callers)]
    seconds, most, failed = 0.0, 0, 0
    while queue:
        clock.time, caller, attempts = heapq.heappop(queue)
        retries, within = divmod(attempts, SDK_ATTEMPTS)
        if not throttle.refuses(wanted):
            seconds, most = clock.time, max(most, retries)
            continue
        if within < SDK_ATTEMPTS - 1:
            # botocore.retries.standard.ExponentialBackoff
            delay = numbers.random() * 2**within
        elif retries < retrier.attempts:
            delay = retrier.delay(retries, numbers)
        else:
            failed += 1
            continue
        heapq.heappush(queue, (clock.time + delay, caller, attempts + 1))
    return Burst(seconds, most, failed)
