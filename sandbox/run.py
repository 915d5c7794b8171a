"""`python -m sandbox run FILE`: one run with the input in a file."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sandbox.client import Client, Run
from sandbox.endpoints import Endpoints
from sandbox.launcher import DEFAULT_SCALE, sandbox
from sandbox.narration import Narration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLACEHOLDER_INSTANCE = "i-0123456789abcdef0"
"""The instance id in events/execution/*.json, which exists nowhere."""

_RUN_SECONDS = 600


def run_file(path: Path, directory: Path, as_json: bool) -> int:
    """Run with the input in `path`, in the sandbox that is up in `directory`, else in one of its own.

    In a sandbox of its own the placeholder's place is taken by a source that is made for it.
    Answers the exit code: 0 only where the run succeeded.
    """
    try:
        run_input = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 2
    out = sys.stderr if as_json else sys.stdout
    with _client(directory) as (client, own):
        if own:
            run_input = with_source(run_input, client)
        arn = client.start(run_input)
        Narration(client.endpoints.scale, out).tell(client.events(arn))
        run = client.wait(arn, _RUN_SECONDS)
    print(json.dumps(_report(run)) if as_json else summary(run))
    return 0 if run.status == "SUCCEEDED" else 1


@contextmanager
def _client(directory: Path) -> Iterator[tuple[Client, bool]]:
    """The client of the sandbox that is up, or of an own one; and whether it is an own one."""
    if found := Endpoints.read(directory):
        yield Client(found), False
        return
    with sandbox(directory, DEFAULT_SCALE, say=lambda text: print(f"sandbox: {text}", file=sys.stderr)) as at:
        yield Client(at), True


def with_source(run_input: Any, client: Client) -> Any:
    """The input with a new source where it names the placeholder."""
    if isinstance(run_input, dict) and run_input.get("sourceInstanceId") == PLACEHOLDER_INSTANCE:
        return run_input | {"sourceInstanceId": client.seed()["instanceId"]}
    return run_input


def summary(run: Run) -> str:
    """How a run ended, for a person."""
    if run.status == "SUCCEEDED":
        return f"{run.status} in {run.seconds:.1f} s\n{json.dumps(run.output, indent=2, ensure_ascii=False)}"
    return f"{run.status} after {run.seconds:.1f} s: {run.error or 'no error'}\n{run.cause or ''}"


def _report(run: Run) -> dict[str, Any]:
    fields = asdict(run)
    return {name: fields[name] for name in ("status", "output", "error", "cause", "states", "seconds")}
