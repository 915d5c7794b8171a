"""`python -m bench [NAME ...]`: all benchmarks, or those named; non-zero where a bar is missed."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from bench import (
    at_once,
    calls,
    cold_start,
    command_line,
    demo,
    downtime,
    footprint,
    long_snapshot,
    rolls,
    side_by_side,
    waiting,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bench.figures import Figure

BENCHMARKS: dict[str, Callable[[], Iterable[Figure]]] = {
    "waiting": waiting.measure,
    "downtime": downtime.measure,
    "side_by_side": side_by_side.measure,
    "rolls": rolls.measure,
    "long_snapshot": long_snapshot.measure,
    "at_once": at_once.measure,
    "calls": calls.measure,
    "cold_start": cold_start.measure,
    "command_line": command_line.measure,
    "footprint": footprint.measure,
    "demo": demo.measure,
}


def main() -> int:
    """Print a JSON line for each figure, and name on stderr the bars that were missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all if none")
    names = parser.parse_args().names or [*BENCHMARKS]
    if unknown := set(names) - BENCHMARKS.keys():
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    missed = []
    for name in names:
        for figure in BENCHMARKS[name]():
            print(figure.to_json(), flush=True)
            if not figure.met:
                missed.append(figure)
    for figure in missed:
        print(f"bar missed: {figure.to_json()}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
