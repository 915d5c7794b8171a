"""The EC2 world, judged by Ansible's modules of the collection amazon.aws.

A playbook makes, changes, refreshes and removes what a run of the product touches. A module asks what is
there, compares, and calls only for what differs: a task that is run a second time changes nothing, if the
answers tell what the calls had said. `make judge-ansible` installs what it needs, and names ansible-playbook.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sandbox.processes import clean_environment, end_with_parent

PLAYBOOK = Path(__file__).parent / "ansible" / "refresh.yml"


@pytest.fixture(scope="module")
def changes(prompt_world: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bool]:
    """Whether each task changed something, by its name; AssertionError with its words if one failed."""
    directory = tmp_path_factory.mktemp("ansible")
    no_settings = directory / "ansible.cfg"
    no_settings.touch()
    program = Path(os.environ["ANSIBLE_PLAYBOOK"]).resolve()
    python = program.with_name("python")
    environment = clean_environment() | {
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "ANSIBLE_HOME": str(directory),
        "ANSIBLE_LOCAL_TEMP": str(directory / "tmp"),
        "ANSIBLE_CONFIG": str(no_settings),
        "LC_ALL": "C.UTF-8",
    }
    variables = json.dumps({"endpoint_url": prompt_world, "ansible_python_interpreter": str(python)})
    command = [str(program), "-i", "localhost,", "-c", "local", "-e", variables, str(PLAYBOOK)]
    log = directory / "ansible.log"
    with log.open("w") as errors:
        ended = subprocess.run(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            check=False,
            preexec_fn=end_with_parent,
        )
    assert ended.stdout.startswith("{"), f"{ended.stdout[:2000]}\n{log.read_text()}"
    tasks: list[dict[str, Any]] = json.loads(ended.stdout)["plays"][0]["tasks"]
    results = {one["task"]["name"]: one["hosts"]["localhost"] for one in tasks}
    failed = {name: one.get("msg") for name, one in results.items() if one.get("failed")}
    assert not failed
    return {name: one["changed"] for name, one in results.items()}


def test_tasks_change_what_is_not_so(changes: dict[str, bool]) -> None:
    firsts = {
        name: did for name, did in changes.items() if not name.startswith("Look") and "again" not in name
    }
    assert [name for name, did in firsts.items() if not did] == []


def test_tasks_change_nothing_again(changes: dict[str, bool]) -> None:
    agains = {name: did for name, did in changes.items() if name.endswith("again")}
    assert agains
    assert [name for name, did in agains.items() if did] == []
