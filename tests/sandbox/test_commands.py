"""`python -m sandbox up | run` as another program uses them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.client import Client
from sandbox.endpoints import Endpoints
from sandbox.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
FIRST = min((ROOT / "events/execution").glob("*.json"))


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "sandbox", *map(str, arguments)]


def call(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), check=False, cwd=ROOT, capture_output=True, text=True, timeout=900
    )


def processes_of(directory: Path) -> list[str]:
    """The commands of the processes whose environment names a sandbox's directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"TMPDIR={directory}/".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def until(condition: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "never happened"
        time.sleep(0.05)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start `up` in a directory of the test's own and wait until it is ready; it ends with the test."""
    started = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(command("up", "--dir", tmp_path, "--scale", "0.01", *arguments), cwd=ROOT)
        started.append(process)
        until(lambda: process.poll() is not None or (tmp_path / "endpoints.json").exists(), 600)
        assert process.poll() is None
        return process

    yield start
    for process in started:
        process.terminate()
        process.wait(30)


def test_up_serves_on_the_port_that_is_named_and_leaves_nothing(
    up: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    port = free_port()
    process = up("--port", str(port))
    written = json.loads((tmp_path / "endpoints.json").read_text())
    assert {"aws", "ec2", "region", "stateMachineArn", "apiUrl", "ledgerTable"} <= written.keys()
    definitions = {path.name.removesuffix(".asl.json") for path in (ROOT / "statemachine").glob("*.asl.json")}
    assert written["stateMachines"].keys() == definitions
    assert written["stateMachines"]["golden_image_refresh"] == written["stateMachineArn"]
    assert written["aws"] == f"http://127.0.0.1:{port}"
    endpoints = Endpoints.read(tmp_path)
    assert endpoints is not None
    # A run has started functions, so that there are processes of theirs to end.
    assert Client(endpoints).run({"sourceInstanceId": "i-00000000"}).status == "FAILED"
    assert len(processes_of(tmp_path)) > 3

    second = call("up", "--dir", tmp_path)
    assert second.returncode == 1
    assert f"a sandbox is up in {tmp_path}" in second.stderr

    process.send_signal(signal.SIGINT)
    assert process.wait(15) == 0
    assert processes_of(tmp_path) == []
    assert not (tmp_path / "endpoints.json").exists()
    assert not (tmp_path / "tmp").exists()


def test_everything_ends_when_the_launcher_is_killed(
    up: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    process = up()
    endpoints = Endpoints.read(tmp_path)
    assert endpoints is not None
    assert Client(endpoints).run({"sourceInstanceId": "i-00000000"}).status == "FAILED"

    process.kill()
    process.wait()

    until(lambda: processes_of(tmp_path) == [], 120)
    assert Endpoints.read(tmp_path) is None


@pytest.fixture
def file(tmp_path: Path) -> Callable[[Any], Path]:
    """Write a run's input to a file."""

    def write(run_input: Any) -> Path:
        path = tmp_path / "input.json"
        path.write_text(json.dumps(run_input))
        return path

    return write


@pytest.fixture
def directory(sandbox: Client) -> Path:
    """The directory of the test process's own sandbox."""
    assert sandbox.endpoints.pid == os.getpid()
    return ROOT / ".sandbox" / f"tests-{os.getpid()}"


def test_run_prints_one_object_for_a_run_in_the_sandbox_that_is_up(
    sandbox: Client, group: str, directory: Path, file: Callable[[Any], Path]
) -> None:
    run_input = {"sourceInstanceId": sandbox.seed()["instanceId"], "autoScalingGroupName": group}

    done = call("run", file(run_input), "--json", "--dir", directory)

    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert list(report) == ["status", "output", "error", "cause", "states", "seconds", "group"]
    assert report["status"] == "SUCCEEDED"
    assert report["output"]["group"]["name"] == group
    assert report["states"][0]["name"] == "Plan Refresh"
    assert report["states"][-1]["name"] == "Refresh Complete"
    assert all(state["entered"] <= state["exited"] for state in report["states"])
    assert "Plan Refresh" in done.stderr


def test_a_run_that_fails_has_another_exit_code_and_its_error(
    group: str, directory: Path, file: Callable[[Any], Path]
) -> None:
    run_input = {"sourceInstanceId": "i-0000000000000dead", "autoScalingGroupName": group}

    done = call("run", file(run_input), "--json", "--dir", directory)

    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["status"] == "FAILED"
    assert report["error"] == "SourceNotFound"
    assert "i-0000000000000dead" in report["cause"]


GROUP_OF_ONE = ROOT / "events/meanwhile/group-of-one.json"


@pytest.mark.parametrize(
    ("run_input", "rules", "sizes"),
    [
        ("07-none", "scaled", [1, 3, 4, 3]),
        # The one that it was scaled to is ended, and comes back; then a scheduled action drains it.
        ("05-recreate", "scaled-and-drained", [0, 0, 5, 0]),
    ],
)
def test_a_group_stays_as_somebody_has_set_it_while_the_run_went_on(
    tmp_path: Path, run_input: str, rules: str, sizes: list[int]
) -> None:
    meanwhile = ROOT / f"events/meanwhile/{rules}.json"
    path = ROOT / f"events/execution/{run_input}.json"

    done = call("run", GROUP_OF_ONE, path, "--meanwhile", meanwhile, "--json", "--dir", tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    first, second = map(json.loads, done.stdout.splitlines())
    assert list(first["group"].values()) == ["web", 1, 1, 4, 1]
    assert list(second["group"].values()) == ["web", *sizes]
    assert "act SetDesiredCapacity: 1 times" in done.stderr


def test_a_rule_that_the_run_does_not_meet_is_told(
    sandbox: Client, group: str, directory: Path, file: Callable[[Any], Path], tmp_path: Path
) -> None:
    run_input = {"sourceInstanceId": sandbox.seed()["instanceId"], "autoScalingGroupName": group}
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps([{"service": "workflow", "action": "Restore Capacity", "effect": "abort"}]))

    done = call("run", file(run_input), "--meanwhile", rules, "--dir", directory)

    assert done.returncode == 1
    assert "SUCCEEDED in" in done.stdout
    assert "Restore Capacity: abort: the run did not come by" in done.stdout
    assert sandbox.control("GET", "faults") == []


def test_run_names_a_rule_that_is_wrong(directory: Path, file: Callable[[Any], Path], tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text('[{"service": "workflow", "action": "Drain Group", "effect": "explode"}]')

    done = call("run", file({}), "--meanwhile", rules, "--dir", directory)

    assert done.returncode == 2
    assert "rule 0: effect is one of" in done.stderr


def test_run_names_a_file_that_is_not_json(tmp_path: Path) -> None:
    bad = tmp_path / "input.json"
    bad.write_text("{")

    done = call("run", bad, "--dir", tmp_path)

    assert done.returncode == 2
    assert f"{bad}: " in done.stderr


def test_run_makes_its_own_sandbox_with_a_source_when_none_is_up(tmp_path: Path) -> None:
    done = call("run", FIRST, "--dir", tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCEEDED in" in done.stdout
    assert processes_of(tmp_path) == []
