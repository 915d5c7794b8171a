"""Writes docs/images/report.svg: the report of a run that rolls a group, in a sandbox.

usage: python -m tools.report_picture (make report-picture)
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox.client import Client
from sandbox.demo.scene import set_up
from sandbox.launcher import sandbox
from tools.project import ROOT

_INPUT = ROOT / "events/execution/02-nightly-rolling.json"
_PICTURE = ROOT / "docs/images/report.svg"
# Slow enough that the functions' own time is short beside the waits.
_SCALE = 0.1
_RUN_SECONDS = 900


def main() -> None:
    """Roll a group of three, and write what `golden-image report` says of it."""
    with TemporaryDirectory() as folder, sandbox(Path(folder) / ".sandbox", _SCALE) as endpoints:
        client = Client(endpoints)
        scene = set_up(client, json.loads(_INPUT.read_text()))
        run = client.run(scene.run_input, "web-nightly", _RUN_SECONDS)
        if run.status != "SUCCEEDED":
            raise SystemExit(f"the run of {_INPUT} ended {run.status}: {run.error}: {run.cause}")
        _PICTURE.parent.mkdir(exist_ok=True)
        command = Path(sys.executable).with_name("golden-image")
        subprocess.run([command, "report", "--sandbox", "-o", _PICTURE], cwd=folder, check=True)


if __name__ == "__main__":
    main()
