"""How late and with how many calls four ways of waiting see that an operation is over: a simulation.

10,000 runs of four waits each, with the durations of `_refresh`. Each way looks at once, waits as
long as it says, and looks again. The delay of a wait is the time from the end of the operation to the
look that sees it. The waiter of botocore and Packer looks every 15 seconds; the backoff doubles its
waits from 2 seconds to 5 minutes.
"""

from __future__ import annotations

import itertools
import math
import random
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.figures import Figure
from golden_image import polling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REFRESHES = 10_000
_SEED = 20261122
# AWS's first snapshot of a volume in the sandbox: ec2world's table of durations.
_SNAPSHOT_SECONDS, _SECONDS_PER_GIB = 60, 1.2
QUANTILES = (10, 25, 50, 75, 90, 95, 99)


@dataclass(frozen=True)
class Operation:
    """Something that is waited for.

    Attributes:
        name: of this one, for the jitter.
        seconds: how long it takes.
        bend: the progress at a part t of its time is 100·t^bend; None where none is shown.
        step: the progress is shown in steps of so many percent.
    """

    name: str
    seconds: float
    bend: float | None = None
    step: int = 1

    def percent(self, elapsed: int) -> int | None:
        """The progress that AWS would show, in whole percents, 99 at most before the end."""
        if self.bend is None:
            return None
        percent = int(100 * (elapsed / self.seconds) ** self.bend)
        return min(99, percent // self.step * self.step)


def ours(operation: Operation, elapsed: int, _look: int) -> int:
    """The project's own policy."""
    return polling.seconds(elapsed, operation.percent(elapsed), operation.name)


def waiter(_operation: Operation, _elapsed: int, _look: int) -> int:
    """Botocore's waiters of EC2, and Packer's: every 15 seconds."""
    return 15


def backoff(_operation: Operation, _elapsed: int, look: int) -> int:
    """Twice as long each time, 5 minutes at most."""
    return int(min(300, 2 ** (look + 1)))


def wait_for(operation: Operation, policy: Callable[[Operation, int, int], int]) -> tuple[float, int]:
    """The seconds from the operation's end to the look that saw it, and the number of looks."""
    elapsed = 0
    for look in itertools.count():
        if elapsed >= operation.seconds:
            return elapsed - operation.seconds, look + 1
        elapsed += policy(operation, elapsed, look)
    raise AssertionError


def refreshes(count: int = REFRESHES) -> list[list[Operation]]:
    """So many runs; the same ones each time."""
    numbers = random.Random(_SEED)  # noqa: S311 - the same runs each time
    return [_refresh(f"refresh {number}", numbers) for number in range(count)]


def _refresh(name: str, numbers: random.Random) -> list[Operation]:
    """The stop, the snapshots of a short or a long disk, the image and the drain of one run.

    Stop: lognormal around 40 s, half of them within 27 to 60 s. Snapshots: 60 s and 1.2 s for each GiB
    that has changed, times a lognormal factor (sigma 0.3); half of the disks are short (8 to 100 GiB)
    and half are long (100 GiB to 2 TiB), each evenly by magnitude; the progress is bent by a lognormal
    exponent (sigma 0.4) and shown in steps of 1, 2, 5, 10 or 20 percent. Image: lognormal around 30 s, a
    twentieth of them ten times as long. Drain: lognormal around 75 s, a quarter of them behind a load
    balancer that takes 300 s more.
    """
    shortest, longest = (8, 100) if numbers.random() < 0.5 else (100, 2048)
    gib = math.exp(numbers.uniform(math.log(shortest), math.log(longest)))
    snapshot = (_SNAPSHOT_SECONDS + _SECONDS_PER_GIB * gib) * numbers.lognormvariate(0, 0.3)
    image = numbers.lognormvariate(math.log(30), 0.6) * (10 if numbers.random() < 0.05 else 1)
    drain = numbers.lognormvariate(math.log(75), 0.4) + (300 if numbers.random() < 0.25 else 0)
    return [
        Operation(f"{name} stop", numbers.lognormvariate(math.log(40), 0.6)),
        Operation(
            f"{name} snapshots", snapshot, numbers.lognormvariate(0, 0.4), numbers.choice((1, 2, 5, 10, 20))
        ),
        Operation(f"{name} image", image),
        Operation(f"{name} drain", drain),
    ]


@dataclass(frozen=True)
class Totals:
    """Of each run, the delays of its four waits together, and the looks."""

    delays: list[float]
    looks: list[int]

    @property
    def mean_delay(self) -> float:
        """Seconds."""
        return statistics.fmean(self.delays)

    @property
    def mean_looks(self) -> float:
        """Calls that a run makes to see its four operations end."""
        return statistics.fmean(self.looks)

    def quantile(self, percent: int) -> float:
        """Seconds that so many percent of the runs stay below."""
        return sorted(self.delays)[math.ceil(len(self.delays) * percent / 100) - 1]


def totals(policy: Callable[[Operation, int, int], int], several: list[list[Operation]]) -> Totals:
    """The delays and the polls of a way of waiting, over several runs."""
    waits = [[wait_for(operation, policy) for operation in refresh] for refresh in several]
    return Totals(
        delays=[sum(delay for delay, _ in refresh) for refresh in waits],
        looks=[sum(looks for _, looks in refresh) for refresh in waits],
    )


def measure() -> Iterator[Figure]:
    """The delays of the four waits of a run together, and the calls made."""
    several = refreshes()
    mine, theirs, doubling = (totals(policy, several) for policy in (ours, waiter, backoff))
    yield Figure("waiting/mean delay", mine.mean_delay, theirs.mean_delay, "s", at_most=0.4)
    yield Figure("waiting/p99 delay", mine.quantile(99), theirs.quantile(99), "s", at_most=0.6)
    yield Figure("waiting/calls", mine.mean_looks, theirs.mean_looks, "calls", at_most=3)
    yield Figure("waiting/mean delay of backoff", doubling.mean_delay, theirs.mean_delay, "s")
    yield Figure("waiting/p99 delay of backoff", doubling.quantile(99), theirs.quantile(99), "s")
    yield Figure("waiting/calls of backoff", doubling.mean_looks, theirs.mean_looks, "calls")
    for percent in QUANTILES:
        yield Figure(f"waiting/p{percent}", mine.quantile(percent), theirs.quantile(percent), "s")
    yield from _each_wait(several)


def _each_wait(several: list[list[Operation]]) -> Iterator[Figure]:
    for index, name in enumerate(("stop", "snapshots", "image", "drain")):
        alone = [[refresh[index]] for refresh in several]
        mine, theirs = totals(ours, alone), totals(waiter, alone)
        yield Figure(f"waiting/{name} delay", mine.mean_delay, theirs.mean_delay, "s")
        yield Figure(f"waiting/{name} calls", mine.mean_looks, theirs.mean_looks, "calls")
