"""The documents of docs/guides/prepare/: those for Linux run on a scratch root, all are what SSM takes."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from ec2world.ssm.documents import made
from tests.docs.markdown import ROOT, page, rows

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTS = sorted(path.name for path in (ROOT / "docs/guides/prepare").glob("*.json"))
LINUX = ["amazon-linux.json", "ubuntu.json"]
GONE = [
    "etc/ssh/ssh_host_rsa_key",
    "etc/ssh/ssh_host_ed25519_key.pub",
    "var/lib/dbus/machine-id",
    "var/log/journal/0123/system.journal",
    "root/.bash_history",
    "home/ec2-user/.bash_history",
]
EMPTY = ["etc/machine-id", "var/log/messages", "var/log/nginx/access.log"]
KEPT = ["etc/ssh/sshd_config", "etc/hostname", "home/ec2-user/.ssh/authorized_keys", "srv/app"]


def document(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ROOT / "docs/guides/prepare" / name).read_text(encoding="utf-8"))
    return read


def commands(name: str) -> str:
    (step,) = document(name)["mainSteps"]
    return "\n".join(step["inputs"]["runCommand"])


def clean(name: str, root: Path) -> None:
    """Run the document's commands as the agent does: in one script, its parameter filled in."""
    script = commands(name).replace("{{ root }}", str(root))
    ended = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=False, cwd=root)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("name", LINUX)
def test_a_document_for_linux_takes_the_identity_and_the_logs_away_and_nothing_else(
    name: str, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    for path in [*GONE, *EMPTY, *KEPT]:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("some text")

    clean(name, root)
    clean(name, root)

    assert [path for path in GONE if (root / path).exists()] == []
    assert {(root / path).read_text() for path in EMPTY} == {""}
    assert {(root / path).read_text() for path in KEPT} == {"some text"}


@pytest.mark.parametrize("name", LINUX)
def test_a_document_for_linux_calls_programs_on_the_instance_itself_alone(name: str) -> None:
    guarded = commands(name).split("if [ -z ")[1].split("\nfi\n")
    assert "cloud-init" in guarded[0]
    assert not any(program in guarded[1] for program in ("cloud-init", "yum", "apt-get"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_one_that_ssm_takes_and_shuts_nothing_down(name: str) -> None:
    content = document(name)
    whole = made({"Name": "prepare", "Content": json.dumps(content)}, "123456789012")
    assert whole.filled({}) == {key: [one["default"]] for key, one in content["parameters"].items()}
    assert ("Windows" in whole.platforms) == (name == "windows.json")
    lines = [line for line in commands(name).splitlines() if not line.startswith("#")]
    assert not any(word in " ".join(lines) for word in ("shutdown=true", "poweroff", "Stop-Computer"))


def test_the_page_tells_of_each_document() -> None:
    told = [row[0] for row in rows(page("docs/guides/prepare.md").section("## The documents"))]
    assert sorted(told) == [f"[{name}](prepare/{name})" for name in DOCUMENTS]
