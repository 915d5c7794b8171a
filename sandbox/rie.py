"""A built function under AWS's Runtime Interface Emulator: `sam local invoke` without its container."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from importlib.metadata import files, requires
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.build import ROOT
from sandbox.processes import Child, clean_environment, free_port

if TYPE_CHECKING:
    from collections.abc import Sequence

# The modules of Lambda's Python.
_LAMBDA_PACKAGES = ("awslambdaric", "boto3")
_REQUIREMENT = re.compile(r"([\w.-]+)[^;]*$")
_RUNTIME = (sys.executable, "-m", "awslambdaric")
_MACHINE = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
# The emulator that aws-sam-cli copies into its containers.
_RAPID = ROOT / ".tools/sam/lib/python3.13/site-packages/samcli/local/rapid"
_RIE = _RAPID / f"aws-lambda-rie-{_MACHINE}"
_INVOCATIONS = "/2015-03-31/functions/function/invocations"
_START_SECONDS = 120
# 1980, where a zip's time begins.
_ZIP_TIME = 315532800
_INIT_REPORT = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)\)")


@dataclass(frozen=True)
class Invocation:
    """The result of one invocation of a cold function."""

    payload: Any
    """The handler's answer, or the error's type, message and stack trace."""
    is_error: bool
    init_report: str
    """The emulator's line on the start of the runtime."""
    init_milliseconds: float
    log: str


def unpacked(code: Path, place: Path) -> Path:
    """A function's directory as Lambda has it: out of a zip, with its time stamps, and read-only."""
    archive = place / "code.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in sorted(code.rglob("*")):
            if path.is_file():
                zipped.writestr(zipfile.ZipInfo(str(path.relative_to(code))), path.read_bytes())
    task = place / "task"
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(task)
    archive.unlink()
    for path in [*task.rglob("*"), task]:
        os.utime(path, (_ZIP_TIME, _ZIP_TIME))
        path.chmod(0o555 if path.is_dir() else 0o444)
    return task


def lambda_packages(place: Path) -> Path:
    """A directory with the packages that Lambda's Python brings, those of this project's environment."""
    left, found = list(_LAMBDA_PACKAGES), set()
    while left:
        name = left.pop()
        if name in found:
            continue
        found.add(name)
        matches = (_REQUIREMENT.match(requirement) for requirement in requires(name) or ())
        left += (match[1] for match in matches if match)
        for file in files(name) or ():
            top = file.parts[0]
            if top != ".." and not (place / top).exists():
                (place / top).symlink_to(Path(str(file.locate())).parents[len(file.parts) - 1] / top)
    return place


def invoke(  # noqa: PLR0913
    code: Path,
    handler: str,
    event: object,
    environment: dict[str, str] | None = None,
    *,
    seconds: float = 300,
    runtime: Sequence[str] = _RUNTIME,
) -> Invocation:
    """Start the function in `code`, hand it one event, and end it.

    Args:
        code: a function's directory in the output of `sam build`.
        handler: as in the template, such as `handlers.stop_source.handler`.
        event: the event, ready for JSON.
        environment: the function's variables, over those that Lambda sets.
        seconds: for start and invocation together.
        runtime: the command that is the runtime, to which the handler's name is added.

    Raises:
        ChildError: the emulator did not start.
        OSError: it did not answer in time.
    """
    address, api = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    command = [str(_RIE), "--runtime-interface-emulator-address", address, "--runtime-api-address", api]
    command += [*runtime, handler]
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
