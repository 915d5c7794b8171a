"""docs/guides/first-run.md works as it stands: its commands run in their order, in a copy of the clone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sandbox.endpoints import Endpoints
from tests.docs.markdown import page
from tests.guides.terminal import Ended, Terminal, clone, command_lines

if TYPE_CHECKING:
    from pathlib import Path

PAGE = page("docs/guides/first-run.md")
# What the page promises: everything but the reading.
_LONGEST_SECONDS = 15 * 60


def _told(ended: list[Ended], verb: str) -> list[str]:
    return [one.printed for one in ended if one.line.startswith(f"golden-image {verb} ")]


def test_a_newcomer_plans_starts_watches_fails_understands_and_goes_back(tmp_path: Path) -> None:
    began = time.monotonic()
    folder = clone(tmp_path)
    first, *others = PAGE.blocks("sh")
    setup, up = command_lines(first)
    with Terminal(folder) as sandbox, Terminal(folder) as terminal:
        assert sandbox.run(setup).code == 0
        sandbox.begin(up, until="endpoints.json")
        ended = [terminal.run(line) for block in others for line in command_lines(block)]
        assert time.monotonic() - began < _LONGEST_SECONDS

        failed = [one for one in ended if one.code != 0]
        assert [(one.code, "03-canary-document.json" in one.line) for one in failed] == [(1, True)], failed
        assert "CanaryFailed" in _told(ended, "why")[0]
        rolled, gone_back = _told(ended, "generations")
        assert len(gone_back.splitlines()) > len(rolled.splitlines())
        assert "<html" in (folder / ".sandbox/run.html").read_text(encoding="utf-8")
        sandbox.end()
        assert Endpoints.read(folder / ".sandbox") is None
        assert not (folder / ".sandbox/source").exists()
