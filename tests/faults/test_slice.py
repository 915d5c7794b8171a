"""A slice of the fault matrix holds. It has a file of its own: a file's tests run one after the other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

from sandbox.endpoints import DEFAULT_DIRECTORY


def test_each_call_and_each_state_meets_a_fault_and_nothing_is_lost_or_left() -> None:
    directory = DEFAULT_DIRECTORY / f"slice-{os.getpid()}"
    command = [sys.executable, "-m", "sandbox.matrix", "--slice", "--dir", str(directory)]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    report = json.loads(ended.stdout.splitlines()[-1])
    assert report["cases"] > 140
    assert report["succeeded"] + report["rolledBack"] == report["cases"]
    shutil.rmtree(directory)
