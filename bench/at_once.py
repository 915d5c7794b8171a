"""A hundred runs at once, while EC2's documented token buckets are enforced (ec2world/trouble/throttle.py).

What they are held against is one run alone, and the time for which a hundred runs like it would wait for
tokens if each of their calls were made once, in the very moment its token is there. The looks of waits are
not among these calls: who comes later needs fewer of them. Runs that wait for a token while AWS goes on with
their snapshots can be a little faster than that.
"""

from __future__ import annotations

import random
import statistics
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bench import token_buckets
from bench.figures import Figure
from bench.sandboxed import calls_of, moment, sandboxed, succeeded
from bench.token_buckets import Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.client import Client
    from sandbox.executions import Run

RUNS = 100
TRIES = 200
"""Of the simulated burst."""

_SCALE = 0.2
_RUN_SECONDS = 300
_SEED = 20261122
_REFUSALS = {"RequestLimitExceeded", "Throttling"}
# The step whose bucket is the smallest: 5 tokens, and 2 more each second.
_NARROWEST, _NARROWEST_CALL = "Return Source", "StartInstances"


def measure() -> Iterator[Figure]:
    """How the runs end and when, what was refused to them, and what their retries' jitter does."""
    with sandboxed(_SCALE) as client:
        alone = succeeded(client.wait(_start(client, "alone"), _RUN_SECONDS))
        steps = _steps(calls_of(client, [alone]))
        client.control("PUT", "throttle", {"enabled": True})
        with ThreadPoolExecutor(8) as pool:
            arns = list(pool.map(lambda number: _start(client, f"web-{number}"), range(RUNS)))
        runs = [client.wait(arn, _RUN_SECONDS) for arn in arns]
        calls = calls_of(client, runs)
        most = max(_most_retries(client, run) for run in runs)
    seconds = _seconds(runs)
    refused = sum(call["code"] in _REFUSALS for call in calls)
    yield Figure("at_once/not succeeded", _failed(runs), None, "runs", at_most=0)
    yield Figure("at_once/alone", _seconds([alone]), None, "virtual s")
    tokens = token_buckets.least_seconds(steps, RUNS) - token_buckets.least_seconds(steps, 1)
    yield Figure("at_once/total", seconds, _seconds([alone]) + tokens, "virtual s", at_most=1.5)
    yield Figure("at_once/calls per second", len(calls) / seconds, None, "1/s")
    yield Figure("at_once/calls refused", refused, None, "calls")
    yield Figure("at_once/calls refused of a hundred", 100 * refused / len(calls), None, "calls")
    yield Figure("at_once/most retries of a step", most, None, "retries")
    yield from _jitter()


def _start(client: Client, group: str) -> str:
    source = client.seed(name=group)["instanceId"]
    return client.start({"sourceInstanceId": source, "autoScalingGroupName": group})


def _seconds(runs: Sequence[Run]) -> float:
    """Virtual seconds from the first run's first state to the last run's last one."""
    begun = min(datetime.fromisoformat(run.states[0].entered) for run in runs)
    ended = max(datetime.fromisoformat(run.states[-1].entered) for run in runs)
    return (ended - begun).total_seconds() / _SCALE


def _failed(runs: Sequence[Run]) -> int:
    return sum(run.status != "SUCCEEDED" for run in runs)


def _steps(calls: Sequence[dict[str, Any]]) -> list[Step]:
    """A run's calls but for the looks of its waits, each with the virtual seconds since the one before it."""
    calls = [call for call in calls if not call["role"].startswith("Check")]
    moments = [moment(call) for call in calls]
    return [
        Step(
            (at - before).total_seconds() / _SCALE,
            token_buckets.call(call["service"], call["action"], call["params"]),
        )
        for call, before, at in zip(calls, moments[:1] + moments, moments, strict=False)
    ]


def _most_retries(client: Client, run: Run) -> int:
    """By how often the unluckiest visit of one of the run's states was refused, SDK's attempts and all."""
    most = refused = 0
    for event in client.events(run.arn):
        if event.entered:
            refused = 0
        elif event.failure and event.failure[0] == "RequestThrottled":
            refused += 1
        most = max(most, refused)
    return most


def _jitter() -> Iterator[Figure]:
    """The starts of a hundred sources in one moment, with the workflow's jitter and without, many times."""
    retrier = token_buckets.throttling_retrier(_NARROWEST)
    start = token_buckets.call("ec2", _NARROWEST_CALL, {})
    numbers = random.Random(_SEED)  # noqa: S311 - the same tries each time
    spread = [token_buckets.burst(start, RUNS, retrier, numbers) for _ in range(TRIES)]
    in_step = replace(retrier, jitter=False)
    together = [token_buckets.burst(start, RUNS, in_step, numbers) for _ in range(TRIES)]
    yield Figure(
        "at_once/simulated: all sources started, with jitter and without",
        statistics.fmean(one.seconds for one in spread),
        statistics.fmean(one.seconds for one in together),
        "virtual s",
    )
    yield Figure(
        f"at_once/simulated: most retries in {TRIES} tries, of {retrier.attempts}",
        max(one.most_retries for one in spread),
        None,
        "retries",
        at_most=retrier.attempts,
    )
    failed = sum(one.failed for one in spread)
    yield Figure(f"at_once/simulated: failed in {TRIES} tries", failed, None, "runs", at_most=0)
