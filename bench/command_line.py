"""The command line's first output, beside those of the AWS CLI and Packer.

All are called in turns, so that what else the machine does is shared. The fastest call of each is compared:
what it takes where nothing else runs. The median is what it took here.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figures import Figure
from bench.sandboxed import sandboxed
from sandbox.build import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

_CALLS = 20
_SCALE = 0.01
_BESIDE = ROOT / ".tools/beside"
_GOLDEN_IMAGE = str(ROOT / ".venv/bin/golden-image")
# Seconds to the first output, on a machine that does nothing else.
_BARS = {"golden-image --help": 0.25, "golden-image list": 0.4}


def measure() -> Iterator[Figure]:
    """Seconds from the call to the first byte of its answer.

    Raises:
        FileNotFoundError: a program is missing; `make bench` installs them.
    """
    commands = {
        "golden-image --help": [_GOLDEN_IMAGE, "--help"],
        "golden-image list": [_GOLDEN_IMAGE, "list", "--sandbox"],
        "aws --version": [str(_BESIDE / "bin/aws"), "--version"],
        "packer version": [str(_BESIDE / "usr/bin/packer"), "version"],
        "python -c pass": [sys.executable, "-c", "print()"],
    }
    with sandboxed(_SCALE) as client, tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / ".sandbox"
        directory.mkdir()
        client.endpoints.write(directory)
        client.run({"sourceInstanceId": client.seed()["instanceId"], "autoScalingGroupName": "web"})
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(_CALLS):
            for name, command in commands.items():
                taken[name].append(_first_output(command, folder))
    for name, seconds in taken.items():
        yield Figure(f"command_line/{name}", min(seconds), None, "s", at_most=_BARS.get(name))
        yield Figure(f"command_line/{name}, median", statistics.median(seconds), None, "s")


def _first_output(command: list[str], folder: str) -> float:
    # Packer would ask its maker for a newer version.
    env = os.environ | {"CHECKPOINT_DISABLE": "1", "AWS_EC2_METADATA_DISABLED": "true"}
    begun = time.monotonic()
    with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        first = process.stdout.read(1)
        seconds = time.monotonic() - begun
        process.stdout.read()
    if not first or process.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit code {process.returncode}, no output or a failed one")
    return seconds
