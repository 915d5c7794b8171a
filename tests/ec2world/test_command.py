"""`python -m ec2world`: the world alone."""

import signal
import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

import boto3
import pytest

from sandbox.processes import is_running
from tests.ec2world.conftest import ENDS_SECONDS, ROOT, url_of, world_process


def zones(url: str, region: str = "us-east-1") -> list[str]:
    client = boto3.client(
        "ec2", endpoint_url=url, region_name=region, aws_access_key_id="x", aws_secret_access_key="x"
    )
    return [zone["ZoneName"] for zone in client.describe_availability_zones()["AvailabilityZones"]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_at_the_url_that_it_prints_and_ends_cleanly(number: signal.Signals) -> None:
    with world_process() as process:
        url = urlsplit(url_of(process))
        assert (url.scheme, url.hostname) == ("http", "127.0.0.1")
        assert "us-east-1a" in zones(url.geturl())
        process.send_signal(number)
        rest, errors = process.communicate(timeout=ENDS_SECONDS)
    assert (process.returncode, rest, errors) == (0, "", "")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", url.port or 0))


def test_it_takes_a_port_and_a_region() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with world_process("--port", str(port), "--region", "ap-northeast-2") as process:
        assert url_of(process) == f"http://127.0.0.1:{port}"
        assert "ap-northeast-2a" in zones(f"http://127.0.0.1:{port}", "ap-northeast-2")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--port", "70000"], "port must be 0-65535"),
        (["--scale", "0"], "scale must be a number above 0"),
    ],
)
def test_it_says_what_it_cannot_do(options: list[str], message: str) -> None:
    with world_process(*options) as process:
        _, errors = process.communicate(timeout=ENDS_SECONDS)
    assert process.returncode == 2
    assert message in errors


def test_it_says_that_a_port_is_taken() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        world_process("--port", str(taken.getsockname()[1])) as it,
    ):
        _, errors = it.communicate(timeout=ENDS_SECONDS)
    assert it.returncode == 2
    assert "Address already in use" in errors


def test_a_world_of_tests_that_are_killed_ends_with_them() -> None:
    code = (
        "import time; from tests.ec2world.conftest import world_process;"
        "world = world_process(); print(world.__enter__().pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout is not None
        world = int(tests.stdout.readline())
        assert is_running(world)
        tests.kill()
    deadline = time.monotonic() + 10
    while is_running(world):
        assert time.monotonic() < deadline, "the world goes on"
        time.sleep(0.02)
