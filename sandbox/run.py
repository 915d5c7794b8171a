"""`python -m sandbox run FILE`: a run with the input in a file."""

from __future__ import annotations

import json
import sys
import uuid
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ec2world.trouble.faults import Faults
from golden_image_cli.watch import narrate, voice_for
from sandbox.client import Client
from sandbox.endpoints import Endpoints
from sandbox.launcher import DEFAULT_SCALE, sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sandbox.executions import Run

PLACEHOLDER_INSTANCE = "i-0123456789abcdef0"
"""The instance id in events/execution/*.json, which exists nowhere."""

_RUN_SECONDS = 600


def run_files(paths: Sequence[Path], directory: Path, as_json: bool, meanwhile: Path | None) -> int:
    """Run with the inputs in `paths`, one after another, in the sandbox that is up, else in one of its own.

    In a sandbox of its own the placeholder's place is taken by a source that is made for it.

    Args:
        paths: the inputs. A run that does not succeed is the last one.
        directory: the sandbox's.
        as_json: print one JSON object for each run, and the progress to stderr.
        meanwhile: the world's rules for the last run: what goes wrong, what somebody else does.

    Returns: the exit code: 0 only where every run succeeded, and each rule was met.
    """
    try:
        inputs = [_read(path) for path in paths]
        rules = _read(meanwhile) if meanwhile else []
        Faults().replace(rules)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    with _client(directory) as (client, own):
        source = client.seed()["instanceId"] if own else PLACEHOLDER_INSTANCE
        for number, run_input in enumerate(inputs, 1):
            one = _One(client, as_json, rules if number == len(inputs) else [])
            if not one.succeeds(with_source(run_input, source)):
                return 1
    return 0


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


@contextmanager
def _client(directory: Path) -> Iterator[tuple[Client, bool]]:
    """The client of the sandbox that is up, or of an own one; and whether it is an own one."""
    if found := Endpoints.read(directory):
        yield Client(found), False
        return
    with sandbox(directory, DEFAULT_SCALE, say=lambda text: print(f"sandbox: {text}", file=sys.stderr)) as at:
        yield Client(at), True


def with_source(run_input: Any, source: str) -> Any:
    """The input with a source where it names the placeholder."""
    if isinstance(run_input, dict) and run_input.get("sourceInstanceId") == PLACEHOLDER_INSTANCE:
        return run_input | {"sourceInstanceId": source}
    return run_input


class _One:
    """One run, told as it goes."""

    def __init__(self, client: Client, as_json: bool, rules: Any) -> None:
        self._client, self._as_json, self._rules = client, as_json, rules
        self._out = sys.stderr if as_json else sys.stdout

    def succeeds(self, run_input: Any) -> bool:
        """Run, and print how it ended and what its group is now."""
        client, name = self._client, f"run-{uuid.uuid4().hex[:12]}"
        arn = client.arn_of(name)
        client.control("POST", "faults", [rule | {"run": arn} for rule in self._rules])
        begun = datetime.now(UTC)
        client.start(run_input, name)
        answers = [f"golden-image {verb} {name} --reason WHY --sandbox" for verb in ("approve", "reject")]
        voice = voice_for(self._out, answers, begun, client.endpoints.scale)
        narrate(voice, client.events(arn))
        run = client.wait(arn, _RUN_SECONDS)
        met = [self._was_met(rule) for rule in client.control("DELETE", f"faults?run={arn}")]
        group = _group(client, run_input)
        print(json.dumps(_report(run) | {"group": group}) if self._as_json else summary(run))
        if group:
            print(_sizes(group), file=self._out)
        return run.status == "SUCCEEDED" and all(met)

    def _was_met(self, rule: dict[str, Any]) -> bool:
        how_often = f"{rule['hits']} times" if rule["hits"] else "the run did not come by"
        what = " ".join([rule.get("effect", "error"), *(act["action"] for act in rule.get("acts", []))])
        print(f"{rule.get('action', '*')}: {what}: {how_often}", file=self._out)
        return bool(rule["hits"])


def summary(run: Run) -> str:
    """How a run ended, for a person."""
    if run.status == "SUCCEEDED":
        return f"{run.status} in {run.seconds:.1f} s\n{json.dumps(run.output, indent=2, ensure_ascii=False)}"
    return f"{run.status} after {run.seconds:.1f} s: {run.error or 'no error'}\n{run.cause or ''}"


def _report(run: Run) -> dict[str, Any]:
    fields = asdict(run)
    return {name: fields[name] for name in ("status", "output", "error", "cause", "states", "seconds")}


def _group(client: Client, run_input: Any) -> dict[str, Any] | None:
    """The group's sizes now, and its instances but those on their way out; None where there is no group."""
    name = run_input.get("autoScalingGroupName") if isinstance(run_input, dict) else None
    if not isinstance(name, str):
        return None
    found = client.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    if not found:
        return None
    sizes = {key: found[0][key] for key in ("MinSize", "DesiredCapacity", "MaxSize")}
    members = [one for one in found[0]["Instances"] if not one["LifecycleState"].startswith("Terminat")]
    return {"AutoScalingGroupName": name, **sizes, "Instances": len(members)}


def _sizes(group: dict[str, Any]) -> str:
    name, *sizes, instances = group.values()
    return f"group {name} is at {'/'.join(map(str, sizes))} (min/desired/max), with {instances} instances"
