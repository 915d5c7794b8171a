"""The file of a report."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from golden_image_cli.report import page
from golden_image_cli.verbs import reporting
from tests.cli.report import histories
from tests.cli.report.conftest import FAILED, story_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["run.svg", "run.html"])
def test_what_no_file_can_have_is_replaced(tmp_path: Path, name: str) -> None:
    told = story_of(histories.failed(), **FAILED | {"cause": "console: \x1b[31mred\x00 \ud800 다"})
    reporting.write(tmp_path / name, page.of(told, "--sandbox"))
    text = (tmp_path / name).read_text(encoding="utf-8")
    assert "console: \ufffd[31mred\ufffd \ufffd 다" in text
    if name.endswith(".svg"):
        ET.fromstring(text)  # noqa: S314 - our own
