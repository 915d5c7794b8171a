"""What peers' material is judged by: collected only where what it needs is named."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from sandbox.build import ROOT
from sandbox.processes import Child, clean_environment, free_port
from tests.ec2world.client import WorldClient
from tests.ec2world.conftest import served, world

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["served", "world"]

# The variable that names what a module needs.
_NEEDS = {
    "test_engine.py": "LOCALSTACK_CHECKOUT",
    "test_deployment.py": "LOCALSTACK_ENGINE",
    "test_world.py": "MOTO_CHECKOUT",
    "test_ansible.py": "ANSIBLE_PLAYBOOK",
}
collect_ignore = ["engine_deployment.py", "engine_functions.py", "moto_reset.py", "outcomes.py"]
collect_ignore += [module for module, variable in _NEEDS.items() if variable not in os.environ]

# Real seconds for a virtual one where nothing takes time: a limit of one call in 15 s is over before the next
# call, and a lifecycle hook waits for 36 ms.
SCALE = 0.00001
START_SECONDS = 60


@pytest.fixture(scope="module")
def prompt_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an EC2 world in which every change is done at the next call."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "ec2world", "--port", str(port), "--scale", str(SCALE)]
    log = tmp_path_factory.mktemp("world") / "world.log"
    print(f"the world's log: {log}")  # noqa: T201
    child = Child("the EC2 world", command, log, clean_environment(), ROOT)
    try:
        child.wait_for(f"{url}/_sandbox/durations", START_SECONDS)
        client = WorldClient(url)
        durations = client.control("GET", "durations")
        client.control("PUT", "durations", {name: 0 for name in durations if name != "scale"})
        yield url
    finally:
        child.end()
