"""The source's downtime over the size of its disk, beside the boto3 script's, which waits for the image.

Runs and scripts go at the same time scale. Only for the scripts that would take hours of it the world goes
faster, once the sources of all runs are running again; what a call takes is little beside so long a wait.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from bench import boto3_script
from bench.figures import Figure
from bench.sandboxed import downtime, sandboxed, succeeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import Client

SIZES = (8, 100, 500, 1000, 4000, 16384)
"""GiB."""

_SCALE, _FASTER = 0.05, 0.003
_LARGEST_AT_SCALE = 500
_LOOK_SECONDS = 0.5
_RUN_SECONDS = 180


def measure() -> Iterator[Figure]:
    """Downtime by size, and how much longer it is for the largest disk than for the smallest."""
    with sandboxed(_SCALE) as client, ThreadPoolExecutor(len(SIZES)) as pool:
        scripts = {
            size: pool.submit(_script, client, size, _SCALE) for size in SIZES if size <= _LARGEST_AT_SCALE
        }
        _until_started(client, "first", SIZES[0])  # the functions start cold
        runs = {size: _until_started(client, f"ours-{size}", size) for size in SIZES}
        theirs = {size: script.result() for size, script in scripts.items()}
        client.control("PUT", "durations", {"scale": _FASTER})
        larger = [size for size in SIZES if size not in theirs]
        theirs |= zip(larger, pool.map(lambda size: _script(client, size, _FASTER), larger), strict=True)
        for arn, _ in runs.values():
            succeeded(client.wait(arn, _RUN_SECONDS))
    ours = {size: seconds for size, (_, seconds) in runs.items()}
    for size in SIZES:
        yield Figure(f"downtime/{size} GiB", ours[size], theirs[size], "virtual s")
    longer = ours[SIZES[-1]] - ours[SIZES[0]]
    yield Figure(f"downtime/{SIZES[-1]} GiB above {SIZES[0]} GiB", longer, None, "virtual s", at_most=10)


def _until_started(client: Client, group: str, size: int) -> tuple[str, float]:
    """Start a run of a source with one disk, and wait for the source: the run's ARN, and the downtime."""
    source: str = client.seed(name=group, volumes=[{"sizeGiB": size}])["instanceId"]
    arn = client.start({"sourceInstanceId": source, "autoScalingGroupName": group})
    while (seconds := downtime(client, source, _SCALE)) is None:
        if client.stepfunctions.describe_execution(executionArn=arn)["status"] != "RUNNING":
            raise RuntimeError(f"{arn} ended before it started its source again")
        time.sleep(_LOOK_SECONDS)
    return arn, seconds


def _script(client: Client, size: int, scale: float) -> float:
    """A script's downtime for a source with one disk."""
    name = f"theirs-{size}"
    source: str = client.seed(name=name, volumes=[{"sizeGiB": size}])["instanceId"]
    boto3_script.refresh(client.ec2, client.autoscaling, source, name, second=scale)
    seconds = downtime(client, source, scale)
    if seconds is None:
        raise RuntimeError(f"{name} has not started {source} again")
    return seconds
