"""What the demo shows: a roll and then a canary that fails, or one run with an input of events/execution/."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from golden_image_cli.watch import narrate, voice_for
from sandbox.build import ROOT
from sandbox.client import Client
from sandbox.demo import findings, looks
from sandbox.demo.operator import attended
from sandbox.demo.scene import NO_ANSWER, Scene, set_up
from sandbox.launcher import sandbox
from sandbox.run import summary

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.demo.findings import Finding
    from sandbox.executions import Run

# Slow enough to watch, and over within a minute and a half.
SCALE = 0.03
_RUN_SECONDS = 900
_ROLL, _CANARY = (
    ROOT / "events/execution" / name for name in ("02-nightly-rolling.json", "03-canary-document.json")
)


def demo(directory: Path, event: Path | None, scale: float = SCALE) -> int:
    """Show one input in a new sandbox; without one, a roll and then a canary that fails.

    Args:
        directory: the sandbox's.
        event: a file with the input of a run.
        scale: real seconds per virtual second.

    Returns: the exit code: 0 only where all ends as it should, and EC2 then shows what should be left. The
        second of the two runs should fail.
    """
    begun = time.monotonic()
    try:
        example = None if event is None else _read(event)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    with sandbox(directory, scale, say=lambda text: _say(f"sandbox: {text}")) as endpoints:
        _say(f"ready after {time.monotonic() - begun:.1f} s; {endpoints.scale} s here are a second there")
        client = Client(endpoints)
        good = _roll_and_prove(client) if example is None else _one(client, example)
    _say(f"\n{'done' if good else 'FAILED'} in {time.monotonic() - begun:.1f} s")
    return 0 if good else 1


def _read(event: Path) -> dict[str, Any]:
    try:
        example = json.loads(event.read_text())
    except (OSError, ValueError) as error:
        raise ValueError(f"{event}: {error}") from error
    if not isinstance(example, dict):
        raise ValueError(f"{event}: is no JSON object")
    return example


def _one(client: Client, example: dict[str, Any]) -> bool:
    scene = _set_up(client, example)
    return _Show(client, scene).succeeds(scene.run_input)


def _set_up(client: Client, example: dict[str, Any]) -> Scene:
    scene = set_up(client, example, _say)
    for line in scene.told:
        _say(line)
    return scene


def _roll_and_prove(client: Client) -> bool:
    scene = _set_up(client, _read(_ROLL))
    show = _Show(client, scene)
    _say(f"\n1. The group is rolled to a new image ({_ROLL.relative_to(ROOT)})")
    rolled = show.succeeds(scene.run_input)
    _say(f"\n2. The next image does not prove itself, and the run is undone ({_CANARY.relative_to(ROOT)})")
    client.control("PUT", "command", NO_ANSWER)
    told = {"sourceInstanceId": scene.source, "autoScalingGroupName": scene.group}
    return show.is_undone(_read(_CANARY) | told) and rolled


@dataclass(frozen=True)
class _Show:
    """Runs in a scene."""

    client: Client
    scene: Scene

    def succeeds(self, run_input: dict[str, Any]) -> bool:
        """Run, and tell whether all is there that should be."""
        before = looks.group(self.client, self.scene.group)
        since = looks.virtual_now(self.client, self.scene.group) if before else 0
        run = self._told(run_input)
        _say(f"\n{summary(run)}")
        found = findings.of_success(self.client, self.scene, run.arn, before, since)
        return _shown(found) and run.status == "SUCCEEDED"

    def is_undone(self, run_input: dict[str, Any]) -> bool:
        """Run, and tell whether the canary has failed, and everything is as before."""
        before = looks.group(self.client, self.scene.group)
        run = self._told(run_input)
        _say(f"\n{summary(run)}\n\nWhat was cleaned up:")
        removed = list(looks.removed(self.client, run.arn))
        for line in removed:
            _say(f"  {line}")
        found = findings.of_undo(self.client, self.scene, run.arn, before)
        failed = (run.status, run.error) == ("FAILED", "CanaryFailed")
        return _shown(found) and failed and bool(removed)

    def _told(self, run_input: dict[str, Any]) -> Run:
        begun = datetime.now(UTC)
        arn = self.client.start(run_input)
        _say("")
        voice = voice_for(sys.stdout, (), begun, self.client.endpoints.scale)
        narrate(voice, attended(self.client, arn, voice.say))
        return self.client.wait(arn, _RUN_SECONDS)


def _shown(found: list[Finding]) -> bool:
    _say("\nWhat EC2 and Auto Scaling show now:")
    for good, text in found:
        _say(f"  {'ok ' if good else 'NOT'} {text}")
    return all(good for good, _ in found)


def _say(text: str) -> None:
    print(text, flush=True)
