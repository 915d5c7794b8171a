"""A roll's own overhead: what it takes above the instance refresh, beside a script that looks every 15 s.

Runs and scripts roll groups of one instance at the same time in the same sandbox. Of a run, the time from
`Start Instance Refresh` to the look that sees the end counts: what comes after it, a script does not do. How
long the refresh itself takes is counted by the world, from the call that starts it to its end. The world ends
a refresh on a grid of steps; so that nothing depends on where that meets the looks, the groups have several
warm-ups, and the scripts begin to look at moments that are even over their interval.
"""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bench import roll_script
from bench.figures import Figure
from bench.sandboxed import sandboxed, succeeded
from sandbox.matrix import existing, launch_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import Client
    from sandbox.executions import Run

ROLLS = 6
# Slow enough that a function's work here, a tenth of a second, is about what it takes on Lambda.
_SCALE = 0.5
_RUN_SECONDS = 300
# Virtual seconds: the warm-up of the first group's instance, and how much longer that of each next one is.
_WARMUP, _LONGER = 20, 7

# What comes before the roll is not measured.
_BEFORE_THE_ROLL = {"stop": 5, "start": 5, "snapshotBase": 5, "snapshotPerGiB": 0, "image": 5}


@dataclass(frozen=True)
class Roll:
    """A roll that is over: virtual seconds above the refresh's own, and how often it was looked at."""

    overhead: float
    looks: int


def measure() -> Iterator[Figure]:
    """The overhead of both, and how often they look."""
    with sandboxed(_SCALE) as client, ThreadPoolExecutor(ROLLS) as pool:
        client.control("PUT", "durations", _BEFORE_THE_ROLL)
        mine, scripted = _named("ours"), _named("theirs")
        sources = {name: _group(client, name, number) for name, number in {**mine, **scripted}.items()}
        for name in sources:
            existing.until_whole(client, name, 1)
        runs = {name: client.start(_input(sources[name], name)) for name in mine}
        theirs = list(pool.map(lambda name: _script(client, name, scripted[name]), scripted))
        ours = [_roll(client, name, succeeded(client.wait(run, _RUN_SECONDS))) for name, run in runs.items()]
    yield Figure("rolls/mean overhead", *_means(ours, theirs, "overhead"), "virtual s", at_most=0.4)
    yield Figure("rolls/mean looks", *_means(ours, theirs, "looks"), "looks")


def _means(ours: list[Roll], theirs: list[Roll], name: str) -> tuple[float, float]:
    mine, others = (statistics.fmean(getattr(roll, name) for roll in rolls) for rolls in (ours, theirs))
    return mine, others


def _named(whose: str) -> dict[str, int]:
    return {f"{whose}-{number}": number for number in range(ROLLS)}


def _group(client: Client, name: str, number: int) -> str:
    """Make a group of one instance whose template has a second version; answers an instance to image."""
    seeded = client.seed(name=name)
    launch_template.make(client, name, seeded)
    client.ec2.create_launch_template_version(
        LaunchTemplateName=name, LaunchTemplateData=launch_template.data(seeded)
    )
    client.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateName": name, "Version": "1"},
        MinSize=1,
        MaxSize=1,
        VPCZoneIdentifier=seeded["subnetId"],
        DefaultInstanceWarmup=_WARMUP + number * _LONGER,
    )
    source: str = seeded["instanceId"]
    return source


def _input(source: str, group: str) -> dict[str, Any]:
    return {"sourceInstanceId": source, "autoScalingGroupName": group, "rollout": "rolling", "canary": False}


def _script(client: Client, group: str, number: int) -> Roll:
    first_look = roll_script.POLL_SECONDS * number / ROLLS
    begun = time.monotonic()
    looks = roll_script.roll(client.autoscaling, group, "2", first_look, second=_SCALE)
    return Roll((time.monotonic() - begun) / _SCALE - _needed(client, group), looks)


def _roll(client: Client, group: str, run: Run) -> Roll:
    begun = next(visit for visit in run.states if visit.name == "Start Instance Refresh")
    looks = [visit for visit in run.states if visit.name == "Check Instance Refresh"]
    ended = looks[-1].exited or looks[-1].entered
    lasted = datetime.fromisoformat(ended) - datetime.fromisoformat(begun.entered)
    return Roll(lasted.total_seconds() / _SCALE - _needed(client, group), len(looks))


def _needed(client: Client, group: str) -> float:
    """Virtual seconds of the group's refresh, from the call that started it."""
    changes = client.control("GET", f"capacity?group={group}")["changes"]
    begun = next(number for number, one in enumerate(changes) if one["refresh"])
    ended = next(one for one in changes[begun:] if not one["refresh"])
    return float(ended["at"] - changes[begun]["at"])
