"""How long `make demo` takes where everything is set up and built."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

from bench.figures import Figure
from sandbox.build import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator


def measure() -> Iterator[Figure]:
    """Real seconds of the second of two demos; the first may have to build.

    Raises:
        CalledProcessError: a demo failed.
    """
    for _ in range(2):
        begun = time.monotonic()
        subprocess.run(["make", "demo"], cwd=ROOT, stdout=sys.stderr, check=True)
        seconds = time.monotonic() - begun
    yield Figure("demo/warm", seconds, None, "s", at_most=90)
