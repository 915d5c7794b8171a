"""Children end, and say why they failed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.processes import Child, ChildError, clean_environment, free_port, is_running

if TYPE_CHECKING:
    from collections.abc import Callable

SLEEP = "import time; time.sleep(60)"
FAMILY = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, '-c', '{SLEEP}'])
print(child.pid, flush=True)
child.wait()
"""
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); {SLEEP}"


def child(tmp_path: Path, code: str) -> Child:
    return Child("a child", [sys.executable, "-c", code], tmp_path / "log", clean_environment(), tmp_path)


def until(condition: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "never happened"
        time.sleep(0.02)


def test_what_a_child_has_started_ends_with_it(tmp_path: Path) -> None:
    parent = child(tmp_path, FAMILY)
    until(lambda: (tmp_path / "log").read_text().strip())
    grandchild = int((tmp_path / "log").read_text())

    parent.end()

    assert not parent.alive()
    until(lambda: not is_running(grandchild))


def test_a_child_that_ignores_sigterm_ends_all_the_same(tmp_path: Path) -> None:
    stubborn = child(tmp_path, STUBBORN)
    until((tmp_path / "log").read_text)

    stubborn.end(grace=0.1)

    assert not stubborn.alive()


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from sandbox.processes import Child, clean_environment;"
        f"c = Child('c', [sys.executable, '-c', '{SLEEP}'], Path('log'), clean_environment(), Path('.'));"
        "print(c._process.pid, flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    ) as parent:
        assert parent.stdout is not None
        orphan = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)

    until(lambda: not is_running(orphan))


def test_a_failed_child_shows_the_end_of_its_log(tmp_path: Path) -> None:
    failing = child(tmp_path, "print('first'); print('the reason'); raise SystemExit(3)")

    with pytest.raises(ChildError, match=r"(?s)a child ended with exit code 3.*the reason"):
        failing.wait(120)


def test_a_child_that_dies_before_it_answers_is_not_waited_for(tmp_path: Path) -> None:
    dying = child(tmp_path, "raise SystemExit('no port')")
    begun = time.monotonic()

    with pytest.raises(ChildError, match="no port"):
        dying.wait_for(f"http://127.0.0.1:{free_port()}/", 120)

    assert time.monotonic() - begun < 60


def test_a_child_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    slow = child(tmp_path, SLEEP)

    with pytest.raises(ChildError, match="took more than"):
        slow.wait(0.2)

    assert not slow.alive()


def test_nothing_of_the_users_aws_settings_reaches_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")

    environment = clean_environment()

    assert {"AWS_PROFILE", "AWS_SESSION_TOKEN", "PYTHONPATH"}.isdisjoint(environment)
    assert environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
