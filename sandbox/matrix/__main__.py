"""`python -m sandbox.matrix`: run the fault matrix; exit code 0 only where nothing is wrong."""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.client import Client
from sandbox.endpoints import DEFAULT_DIRECTORY
from sandbox.launcher import sandbox
from sandbox.matrix.runner import Runner
from sandbox.matrix.scenarios import SCENARIOS
from sandbox.matrix.schedules import Schedule, one_of_each, pairs, singles
from sandbox.processes import forget_user_settings

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sandbox.endpoints import Endpoints

SCALE = 0.001
WRONGS = ("leaked", "duplicated", "foreignTouched", "notRestored", "belowCapacity", "unexpected")
# Histories and resources are kept in memory: a sandbox is for so many runs.
_PER_SANDBOX = 500
# More of them make each other slow, and what they are to meet is a matter of time.
_CLEAN_AT_ONCE = 4


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.matrix", description=__doc__)
    parser.add_argument("--pairs", type=int, default=0, help="how many pairs of faults, by chance")
    parser.add_argument("--seed", type=int, default=20261122, help="of what is by chance")
    parser.add_argument("--slice", action="store_true", help="each call and each state once")
    parser.add_argument("--limit", type=int, help="so many schedules at most, by chance")
    parser.add_argument("--only", default="", help="the schedules whose name contains this")
    parser.add_argument("--dir", type=Path, default=DEFAULT_DIRECTORY / "matrix", help="the sandbox's")
    # More runs at once end no sooner on two cores, and their functions time out for want of a processor.
    parser.add_argument("--width", type=int, default=8, help="runs at once")
    return parser.parse_args()


class Matrix:
    """One run of the matrix, and its counts."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        """By the command's arguments."""
        self._arguments = arguments
        self._began = time.monotonic()
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []

    def run(self) -> int:
        """Run all schedules; the command's exit code."""
        left: list[Schedule] | None = None
        while left is None or left:
            with self._sandbox() as endpoints:
                runner = Runner(Client(endpoints), self._arguments.width)
                if left is None:
                    left = self._schedules(runner)
                now, left = left[:_PER_SANDBOX], left[_PER_SANDBOX:]
                self._run_in(runner, now, len(left))
        # Once more, where the end of a long log shows them.
        print("\n".join([*self.wrong, json.dumps(self.report())]))
        return 1 if any(self.counts[kind] for kind in WRONGS) else 0

    def report(self) -> dict[str, float]:
        """The counts, as the last line has them."""
        names = ("cases", "succeeded", "rolledBack", *WRONGS, "missed")
        seconds = round(time.monotonic() - self._began, 1)
        return {**{name: self.counts[name] for name in names}, "seconds": seconds}

    def _sandbox(self) -> AbstractContextManager[Endpoints]:
        return sandbox(
            self._arguments.dir, SCALE, say=lambda text: print(f"sandbox: {text}", file=sys.stderr)
        )

    def _schedules(self, runner: Runner) -> list[Schedule]:
        with ThreadPoolExecutor(_CLEAN_AT_ONCE) as pool:
            clean = dict(zip(SCENARIOS, pool.map(runner.clean, SCENARIOS), strict=True))
        every = singles(clean)
        if self._arguments.slice:
            every = one_of_each(every, self._arguments.seed)
        every += pairs(clean, self._arguments.pairs, self._arguments.seed)
        every = [schedule for schedule in every if self._arguments.only in str(schedule)]
        # Those that wait for long are spread among the others; what ends a roll half-way is in every sample.
        random.Random(self._arguments.seed).shuffle(every)  # noqa: S311
        every.sort(key=lambda schedule: not schedule.cuts_roll)
        chosen = every[: self._arguments.limit]
        random.Random(self._arguments.seed).shuffle(chosen)  # noqa: S311
        return chosen

    def _run_in(self, runner: Runner, schedules: list[Schedule], left: int) -> None:
        for number, result in enumerate(runner.all(schedules), 1):
            self.counts["cases"] += 1
            self.counts[result.verdict.outcome] += 1
            if not result.hits:
                self.counts["missed"] += 1
                print(f"missed: {result.schedule}", file=sys.stderr)
            for kind, problems in result.verdict.wrong.items():
                self._wrong(result.schedule, f"{result.verdict.status}: {kind}: {'; '.join(problems)}", kind)
            if number % 25 == 0 or number == len(schedules):
                rate = self.counts["cases"] / (time.monotonic() - self._began)
                print(
                    f"{self.counts['cases']} done, {left} + {len(schedules) - number} left, "
                    f"{rate:.1f}/s, {dict(self.counts)}",
                    file=sys.stderr,
                )
        for schedule, what in runner.foreign():
            self._wrong(schedule, f"foreignTouched: {what}", "foreignTouched")

    def _wrong(self, schedule: Schedule, text: str, kind: str) -> None:
        self.counts[kind] += 1
        self.wrong.append(f"{schedule}: {text}")
        print(self.wrong[-1], flush=True)


if __name__ == "__main__":
    forget_user_settings()
    sys.exit(Matrix(_arguments()).run())
