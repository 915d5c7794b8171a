"""One run beside the boto3 script: the same source, the same steps, the same sandbox at the same time."""

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

# A function's work here, a tenth of a second, counts as half a virtual one: about what it takes on Lambda.
_SCALE = 0.2
_VOLUMES = [{"sizeGiB": 8}, {"sizeGiB": 20}]


def measure() -> Iterator[Figure]:
    """The whole run and the source's downtime, both in virtual seconds."""
    with sandboxed(_SCALE) as client, ThreadPoolExecutor(1) as pool:
        sources = [client.seed(name=name, volumes=_VOLUMES)["instanceId"] for name in ("ours", "theirs")]
        script = pool.submit(_script, client, sources[1])
        run = succeeded(
            client.run({"sourceInstanceId": sources[0], "autoScalingGroupName": "ours"}, seconds=300)
        )
        theirs = script.result()
        yield Figure("side_by_side/total", run.seconds / _SCALE, theirs / _SCALE, "virtual s")
        ours_down, theirs_down = (downtime(client, source, _SCALE) or 0 for source in sources)
    yield Figure("side_by_side/downtime", ours_down, theirs_down, "virtual s")


def _script(client: Client, source: str) -> float:
    """Real seconds that the script takes."""
    begun = time.monotonic()
    boto3_script.refresh(client.ec2, client.autoscaling, source, "theirs", second=_SCALE)
    return time.monotonic() - begun
