"""A built function under AWS's Runtime Interface Emulator: `sam local invoke` without its container."""

from __future__ import annotations

import json
import platform
import re
import sys
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.build import ROOT
from sandbox.processes import Child, clean_environment, free_port

_MACHINE = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
# The emulator that aws-sam-cli copies into its containers.
_RAPID = ROOT / ".tools/sam/lib/python3.13/site-packages/samcli/local/rapid"
_RIE = _RAPID / f"aws-lambda-rie-{_MACHINE}"
_INVOCATIONS = "/2015-03-31/functions/function/invocations"
_START_SECONDS = 10
_INIT_REPORT = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)\)")


@dataclass(frozen=True)
class Invocation:
    """What one invocation of a cold function gave."""

    payload: Any
    """What the handler returned, or the error's type, message and stack trace."""
    is_error: bool
    init_report: str
    """The emulator's line on the start of the runtime."""
    init_milliseconds: float
    log: str


def invoke(
    code: Path, handler: str, event: object, environment: dict[str, str] | None = None, seconds: float = 60
) -> Invocation:
    """Start the function in `code`, hand it one event, and end it.

    Args:
        code: a function's directory in the output of `sam build`.
        handler: as in the template, such as `handlers.stop_source.handler`.
        event: the event, ready for JSON.
        environment: the function's variables, over those that Lambda sets.
        seconds: for start and invocation together.

    Raises:
        ChildError: the emulator did not start.
        OSError: it did not answer in time.
    """
    address, api = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    command = [str(_RIE), "--runtime-interface-emulator-address", address, "--runtime-api-address", api]
    command += [sys.executable, "-m", "awslambdaric", handler]
    with tempfile.TemporaryDirectory() as logs:
        log = Path(logs) / "rie.log"
        child = Child("aws-lambda-rie", command, log, _variables(code, handler) | (environment or {}), code)
        try:
            child.wait_for(f"http://{address}/", _START_SECONDS)
            payload, is_error = _post(f"http://{address}{_INVOCATIONS}", event, seconds)
        finally:
            child.end()
        text = log.read_text(errors="replace")
    report = _INIT_REPORT.search(text)
    line = report[0] if report else ""
    return Invocation(payload, is_error, line, float(report[1]) if report else 0.0, text)


def _variables(code: Path, handler: str) -> dict[str, str]:
    return clean_environment() | {
        "AWS_LAMBDA_FUNCTION_NAME": handler.split(".")[-2],
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "60",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "LAMBDA_TASK_ROOT": str(code),
    }


def _post(url: str, event: object, seconds: float) -> tuple[Any, bool]:
    request = urllib.request.Request(url, json.dumps(event).encode())  # noqa: S310 - http://127.0.0.1
    try:
        with urllib.request.urlopen(request, timeout=seconds) as response:  # noqa: S310
            payload = json.loads(response.read() or b"null")
    except urllib.error.HTTPError as error:
        return json.loads(error.read() or b"null"), True
    return payload, isinstance(payload, dict) and "errorType" in payload
