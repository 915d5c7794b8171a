"""A part of the fault matrix holds. It has a file of its own: a file's tests run one after the other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

from sandbox.endpoints import DEFAULT_DIRECTORY

# `.ci/run` runs more of them, `make faults` all.
_SCHEDULES = 150


def test_calls_and_states_meet_faults_and_nothing_is_lost_or_left() -> None:
    directory = DEFAULT_DIRECTORY / f"slice-{os.getpid()}"
    options = ["--slice", "--limit", str(_SCHEDULES), "--dir", str(directory)]
    command = [sys.executable, "-m", "sandbox.matrix", *options]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = json.loads(ended.stdout.splitlines()[-1])
    assert report["cases"] == _SCHEDULES
    assert report["succeeded"] + report["rolledBack"] == report["cases"]
    shutil.rmtree(directory)
