"""The command without a sandbox: what it answers when something breaks off, and when nobody hears it."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from acceptance import __main__, run, state
from acceptance.__main__ import main
from acceptance.names import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = [f"{PREFIX}{number:08x}" for number in (1, 2)]
HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Somewhere:
    """As much of an account as the command itself asks for."""

    number, region, partition = "123456789012", "us-east-1", "aws"

    def __init__(self, pace: float) -> None:
        self.pace = pace


@pytest.fixture(autouse=True)
def _somewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr(__main__, "Account", Somewhere)
    monkeypatch.setattr(state, "DIRECTORY", tmp_path)
    monkeypatch.setattr(__main__, "names_in", lambda _account: {NAMES[1]})
    monkeypatch.setattr(run, "_do", lambda *_arguments: None)
    before = {number: signal.getsignal(number) for number in HANDLED}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the acceptances that were removed."""
    names: list[str] = []

    def remove(_account: object, name: str) -> list[str]:
        names.append(name)
        return []

    monkeypatch.setattr(run, "remove", remove)
    return names


def test_a_removal_that_breaks_off_is_no_success(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def remove(*_arguments: object) -> Any:
        raise EndpointConnectionError(endpoint_url="https://ec2.us-east-1.amazonaws.com")

    monkeypatch.setattr(run, "remove", remove)
    report = tmp_path / "report.md"

    code = main(["run", "--yes", "--template", "built.yaml", "--report", str(report)])

    assert code == 1
    assert "Nothing." not in report.read_text()
    assert "the removal did not come to its end" in report.read_text()


def test_a_removal_that_ends_is_a_success(removed: list[str], tmp_path: Path) -> None:
    report = tmp_path / "report.md"

    assert main(["run", "--yes", "--template", "built.yaml", "--report", str(report)]) == 0
    assert len(removed) == 1
    assert report.read_text().endswith("## Left\n\nNothing.\n")


class Broken:
    """A pipe or terminal that is gone."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError

    def flush(self) -> None:
        raise BrokenPipeError


def test_everything_is_removed_though_nobody_reads_what_it_says(
    removed: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdout", Broken())
    monkeypatch.setattr(sys, "stderr", Broken())

    main(["run", "--yes", "--template", "built.yaml", "--report", str(tmp_path / "report.md")])

    assert len(removed) == 1


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_everything_is_removed_when_its_terminal_is_closed_or_it_is_ended(
    removed: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: signal.Signals
) -> None:
    monkeypatch.setattr(run, "_do", lambda *_arguments: signal.raise_signal(number))
    signal.signal(number, lambda *_: None)

    code = main(["run", "--yes", "--template", "built.yaml", "--report", str(tmp_path / "report.md")])

    assert code == 130
    assert len(removed) == 1


def test_a_command_under_nohup_outlives_its_terminal(
    removed: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run, "_do", lambda *_arguments: signal.raise_signal(signal.SIGHUP))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    code = main(["run", "--yes", "--template", "built.yaml", "--report", str(tmp_path / "report.md")])

    assert code == 0
    assert len(removed) == 1


@pytest.fixture
def _begun() -> None:
    state.begin(Somewhere(1), NAMES[0])  # type: ignore[arg-type]


@pytest.mark.usefixtures("_begun")
def test_clean_removes_nothing_without_a_yes(
    removed: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("builtins.input", lambda _prompt: "no")

    assert main(["clean"]) == 1

    assert removed == []
    assert capsys.readouterr().out.split() == NAMES


@pytest.mark.usefixtures("_begun")
def test_clean_removes_all_after_a_yes(removed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _prompt: "yes")

    assert main(["clean"]) == 0

    assert removed == NAMES


@pytest.mark.usefixtures("_begun")
def test_clean_of_this_clone_leaves_the_acceptances_of_others(removed: list[str]) -> None:
    assert main(["clean", "--yes", "--own"]) == 0

    assert removed == NAMES[:1]
