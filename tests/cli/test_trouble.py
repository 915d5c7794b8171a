"""A watch goes on after trouble between it and AWS; other verbs say what the trouble is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import GoldenImage
from tests.cli.line import CUT, DENIED, EXPIRED, OPEN, Line

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import Client


@pytest.fixture
def line(sandbox: Client) -> Iterator[Line]:
    """Between the command line and the sandbox."""
    with Line(sandbox.endpoints.aws).up() as found:
        yield found


@pytest.fixture
def behind(folder: Path, tmp_path: Path, line: Line) -> GoldenImage:
    """The command line, behind the line."""
    endpoints = json.loads((folder / ".sandbox/endpoints.json").read_text())
    (tmp_path / ".sandbox").mkdir()
    (tmp_path / ".sandbox/endpoints.json").write_text(json.dumps(endpoints | {"aws": line.url}))
    return GoldenImage(tmp_path)


@pytest.fixture
def start(sandbox: Client, group: str) -> list[str]:
    """The call that starts and watches a run whose source takes its time to stop."""
    sandbox.control("PUT", "durations", {"stop": 600})
    return ["start", sandbox.seed()["instanceId"], group, "--watch", "--sandbox"]


def until(process: subprocess.Popen[str], text: str) -> list[str]:
    """The lines of a process up to the first with the text in it."""
    assert process.stdout
    read = []
    for told in process.stdout:
        read.append(told)
        if text in told:
            return read
    raise AssertionError(f"no line has {text!r}: {read}")


@pytest.mark.parametrize(
    ("state", "told"), [(CUT, "AWS does not answer"), (EXPIRED, "The credentials have expired")]
)
def test_a_watch_tells_the_trouble_waits_for_its_end_and_goes_on(
    behind: GoldenImage, start: list[str], line: Line, state: str, told: str
) -> None:
    with behind.begun(*start) as process:
        until(process, "Stop Source")
        line.state = state
        until(process, told)
        line.state = OPEN
        until(process, "AWS answers again")
        after = until(process, "SUCCEEDED after")

    assert process.returncode == 0
    assert any("Register Image" in one for one in after)
    assert not [one for one in after if "Plan Refresh" in one]


def test_a_watch_ends_where_aws_refuses_for_good(behind: GoldenImage, start: list[str], line: Line) -> None:
    with behind.begun(*start) as process:
        until(process, "Stop Source")
        line.state = DENIED
        _, err = process.communicate(timeout=60)

    assert process.returncode == 4
    assert "AccessDeniedException" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (CUT, "AWS does not answer"),
        (EXPIRED, "The credentials have expired"),
        (DENIED, "AccessDeniedException: User: ops is not authorized"),
    ],
)
def test_a_verb_that_does_not_wait_says_what_the_trouble_is(
    behind: GoldenImage, line: Line, state: str, told: str
) -> None:
    line.state = state

    answer = behind("list", "--sandbox", env={"AWS_MAX_ATTEMPTS": "1"})

    assert answer.code == 4
    assert told in answer.err
    assert "Traceback" not in answer.err


def test_a_start_whose_answer_is_lost_names_the_run_that_may_go_on(
    behind: GoldenImage, line: Line, start: list[str]
) -> None:
    line.state = CUT

    answer = behind(*start)

    assert answer.code == 4
    assert f"golden-image show {start[2]}-" in answer.err
