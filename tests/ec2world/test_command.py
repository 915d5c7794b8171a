"""`python -m ec2world`: the world alone."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import boto3
import pytest

from tests.ec2world.conftest import ROOT


@contextmanager
def started(*options: str) -> Iterator[subprocess.Popen[str]]:
    """The command with these options, ended for good if it does not end by itself."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ec2world", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def zones(url: str, region: str = "us-east-1") -> list[str]:
    client = boto3.client(
        "ec2", endpoint_url=url, region_name=region, aws_access_key_id="x", aws_secret_access_key="x"
    )
    return [zone["ZoneName"] for zone in client.describe_availability_zones()["AvailabilityZones"]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_at_the_url_that_it_prints_and_ends_cleanly(number: signal.Signals) -> None:
    with started() as process:
        url = urlsplit(url_of(process))
        assert (url.scheme, url.hostname) == ("http", "127.0.0.1")
        assert "us-east-1a" in zones(url.geturl())
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
    assert (process.returncode, rest, errors) == (0, "", "")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", url.port or 0))


def test_it_takes_a_port_and_a_region() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with started("--port", str(port), "--region", "ap-northeast-2") as process:
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
    with started(*options) as process:
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 2
    assert message in errors


def test_it_says_that_a_port_is_taken() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        started("--port", str(taken.getsockname()[1])) as it,
    ):
        _, errors = it.communicate(timeout=10)
    assert it.returncode == 2
    assert "Address already in use" in errors
