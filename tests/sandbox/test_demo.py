"""`python -m sandbox demo`: what it shows, its exit code, and that nothing of it goes on."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.demo import findings, looks
from sandbox.demo.scene import set_up
from sandbox.demo.show import demo
from tests.sandbox.test_commands import ROOT, command, processes_of
from tests.workflow.conftest import succeeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.client import Client
    from sandbox.demo.scene import Scene

SCALE = 0.01
NONE = ROOT / "events/execution/07-none.json"


def test_it_rolls_a_group_of_three_and_then_undoes_a_run_whose_canary_fails(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = demo(tmp_path, None, SCALE)

    shown = capfd.readouterr().out
    assert code == 0, shown
    rolled, _, undone = shown.partition("\n2. ")
    replaced = re.findall(r"  (\d+)% replaced, \d instances left, (\d) of (\d) in service are new", rolled)
    assert replaced[0] == ("0", "0", "3")
    assert replaced[-1] == ("100", "3", "3")
    assert len(set(replaced)) > 3
    assert "SUCCEEDED in " in rolled
    assert "never fewer than 3 in service" in rolled
    assert "CanaryFailed" in undone
    assert "Could not connect to server" in undone
    cleaned = undone.partition("What was cleaned up:")[2].partition("What EC2")[0].split()[::2]
    assert sorted(cleaned) == [
        "DeleteLaunchTemplateVersions",
        "DeleteSnapshot",
        "DeleteSnapshot",
        "DeregisterImage",
        "TerminateInstances",
    ]
    assert "version 2, with the same 3 instances" in undone
    assert "NOT" not in shown
    assert processes_of(tmp_path) == []


def test_an_input_that_the_plan_refuses_is_told_by_the_exit_code(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(json.loads(NONE.read_text()) | {"rollout": "drain", "group": {"minSize": 1}}))

    code = demo(tmp_path / "sandbox", wrong, SCALE)

    shown = capfd.readouterr().out
    assert code == 1
    assert "InvalidInput" in shown
    assert processes_of(tmp_path / "sandbox") == []


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_file_that_is_no_json_object_starts_no_sandbox(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str
) -> None:
    bad = tmp_path / "input.json"
    bad.write_text(text)

    code = demo(tmp_path / "sandbox", bad, SCALE)

    assert code == 2
    assert f"{bad}: " in capfd.readouterr().err
    assert not (tmp_path / "sandbox").exists()


def test_everything_ends_with_ctrl_c_in_the_middle_of_a_run(tmp_path: Path) -> None:
    with subprocess.Popen(
        command("demo", NONE, "--dir", tmp_path), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = next((line for line in process.stdout if "Create Snapshots" in line), None)
        running = processes_of(tmp_path)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=300)

    assert told is not None
    assert len(running) > 3
    assert process.returncode == 130
    assert processes_of(tmp_path) == []
    assert not (tmp_path / "tmp").exists()


@pytest.fixture(scope="module")
def kept(deployed: Client) -> tuple[Scene, str, looks.Group]:
    """A group that has got a version and kept its instances: the scene, the run, and the group before."""
    scene = set_up(deployed, json.loads(NONE.read_text()) | {"autoScalingGroupName": "web-of-the-demo"})
    before = looks.group(deployed, scene.group)
    assert before is not None
    run = deployed.run(scene.run_input)
    succeeded(run)
    return scene, run.arn, before


def wrong(found: list[findings.Finding]) -> list[str]:
    return [text.split()[0] for good, text in found if not good]


def set_maximum(sandbox: Client, scene: Scene, size: int) -> None:
    sandbox.autoscaling.update_auto_scaling_group(AutoScalingGroupName=scene.group, MaxSize=size)


def lock(sandbox: Client, run: str) -> None:
    item: Any = {"pk": {"S": f"group#{run}"}, "run": {"S": run}}
    sandbox.aws("dynamodb").put_item(TableName=sandbox.endpoints.ledgerTable, Item=item)


def unlock(sandbox: Client, run: str) -> None:
    key: Any = {"pk": {"S": f"group#{run}"}}
    sandbox.aws("dynamodb").delete_item(TableName=sandbox.endpoints.ledgerTable, Key=key)


SPOILED: dict[str, tuple[Callable[..., object], Callable[..., object]]] = {
    "group": (lambda client, scene, _: set_maximum(client, scene, 9), lambda c, s, _: set_maximum(c, s, 6)),
    "held:": (lambda client, _, run: lock(client, run), lambda client, _, run: unlock(client, run)),
}


@pytest.mark.parametrize("what", SPOILED)
def test_what_is_not_as_it_should_be_after_a_success_is_found(
    sandbox: Client, kept: tuple[Scene, str, looks.Group], what: str
) -> None:
    scene, run, before = kept
    spoil, mend = SPOILED[what]
    assert wrong(findings.of_success(sandbox, scene, run, before, 0)) == []

    spoil(sandbox, scene, run)

    assert wrong(findings.of_success(sandbox, scene, run, before, 0)) == [what]
    mend(sandbox, scene, run)


def test_a_replaced_instance_or_another_image_is_found(
    sandbox: Client, kept: tuple[Scene, str, looks.Group]
) -> None:
    scene, run, before = kept
    others = replace(before, in_service={"i-0123456789abcdef0": "1"})

    assert wrong(findings.of_success(sandbox, scene, run, others, 0)) == ["3"]
    found = findings.of_success(sandbox, scene, f"{run}-of-somebody-else", before, 0)
    assert wrong(found) == ["image", "0", "version"]


def test_what_a_run_has_left_or_changed_is_found_after_an_undo(
    sandbox: Client, kept: tuple[Scene, str, looks.Group]
) -> None:
    scene, run, before = kept

    found = findings.of_undo(sandbox, scene, run, before)

    assert wrong(found) == ["left:", "group", "1"]
    left = found[0][1]
    assert all(name in left for name in ("ami-", "snap-", f"{scene.group} version 2"))
