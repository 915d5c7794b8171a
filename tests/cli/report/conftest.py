"""The stories of written histories, and a browser."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from golden_image_cli.report import story
from golden_image_cli.runs import Run
from tests.cli.report import histories

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from golden_image_cli.report.story import Story

# As the Makefile looks for it.
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


def story_of(history: histories.History, **run: Any) -> Story:
    """The story of a run with that history; it succeeded unless `run` says otherwise."""
    own = Run(
        arn="arn:aws:states:us-east-1:123456789012:execution:Refresh:web-20261130",
        name="web-20261130",
        status="SUCCEEDED",
        start=histories.START,
        stop=history.now,
        input={"sourceInstanceId": "i-0123456789abcdef0", "autoScalingGroupName": "web"},
        output=histories.OUTPUT,
    )
    return story.read(replace(own, **run), history.events)


FAILED = {
    "status": "FAILED",
    "output": None,
    "error": "CanaryFailed",
    "cause": "i-canary failed a status check. Roll-back: nothing of the run is left.",
}


@pytest.fixture(scope="session")
def rolled() -> Story:
    return story_of(histories.rolled())


@pytest.fixture(scope="session")
def failed() -> Story:
    return story_of(histories.failed(), **FAILED)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if path is None:
        pytest.fail("there is no chromium on this machine: make .tools/chromium/.done installs it")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield found
        found.close()
