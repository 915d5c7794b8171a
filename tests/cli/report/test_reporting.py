"""`golden-image report`, as people and programs call it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.client import Client
    from tests.cli.conftest import GoldenImage


@pytest.fixture(scope="module")
def runs(deployed: Client) -> dict[str, str]:
    """The names of runs by how they ended: one that creates a group, one that updates it, one that fails."""
    given = {"sourceInstanceId": deployed.seed()["instanceId"], "autoScalingGroupName": "reported"}
    inputs = {
        "SUCCEEDED": given,
        "updated": given | {"rollout": "none"},
        "FAILED": given | {"rollout": "none", "launchTemplate": {"keyName": "nobody-has-it"}},
        "dry": given | {"rollout": "none", "dryRun": True},
    }
    done = {kind: deployed.run(one) for kind, one in inputs.items()}
    assert [run.status for run in done.values()] == ["SUCCEEDED", "SUCCEEDED", "FAILED", "SUCCEEDED"]
    return {kind: run.arn.rpartition(":")[2] for kind, run in done.items()}


def test_a_report_is_a_file_whose_name_is_said(golden_image: GoldenImage, runs: dict[str, str]) -> None:
    name = runs["updated"]
    told = golden_image("report", "--sandbox", name)
    assert (told.code, told.out, told.err) == (0, f"{name}.html\n", "")
    page = (golden_image.folder / f"{name}.html").read_text()
    assert "reported was given a new image" in page
    assert "golden-image go-back reported --to 1 --rollout none --sandbox" in page


def test_without_a_run_it_is_of_the_newest_that_is_no_dry_run(
    golden_image: GoldenImage, runs: dict[str, str]
) -> None:
    told = golden_image("report", "--sandbox", "-o", "newest.html")
    assert (told.code, told.out) == (0, "newest.html\n")
    page = (golden_image.folder / "newest.html").read_text()
    assert f"Run {runs['FAILED']}" in page
    assert "InvalidInput" in page


def test_a_dry_run_that_is_named_is_told_as_a_plan(golden_image: GoldenImage, runs: dict[str, str]) -> None:
    told = golden_image("report", "--sandbox", runs["dry"], "-o", "plan.svg")
    assert told.code == 0
    assert "reported: a plan, and nothing changed" in (golden_image.folder / "plan.svg").read_text()


def test_its_stages_have_the_times_of_the_history(
    golden_image: GoldenImage, deployed: Client, runs: dict[str, str]
) -> None:
    told = golden_image("report", "--sandbox", "--json", runs["SUCCEEDED"])
    run = deployed.wait(deployed.arn_of(runs["SUCCEEDED"]))
    stages = {(one["chapter"], one["name"]): one for one in told.json["stages"]}
    stop = stages["Source", "Stop"]["spans"]
    took = (stop[-1]["end"] - stop[0]["begin"]) * deployed.endpoints.scale
    assert took == pytest.approx(run.output["timings"]["stop"], abs=0.1)
    retries = sum(one["retries"] for one in stages.values())
    assert told.json["cost"]["transitions"] == len(run.states) + retries


def test_two_runs_are_compared(golden_image: GoldenImage, runs: dict[str, str]) -> None:
    told = golden_image(
        "report", "--sandbox", "--compare", runs["SUCCEEDED"], runs["updated"], "-o", "two.html"
    )
    assert told.code == 0
    page = (golden_image.folder / "two.html").read_text()
    assert "A and B: two runs of reported" in page
    assert "only A had it" in page


def test_a_run_that_goes_on_is_reported_so_far(golden_image: GoldenImage, deployed: Client) -> None:
    source = deployed.seed()["instanceId"]
    run = deployed.start({"sourceInstanceId": source, "autoScalingGroupName": "reported-open"})
    told = golden_image("report", "--sandbox", run, "--json")
    assert told.code == 0
    assert told.json["status"] in {"RUNNING", "SUCCEEDED"}
    deployed.wait(run)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("-o", "run.pdf"), "-o run.pdf is neither an .html nor an .svg file: name one"),
        (("one", "--compare", "two", "three"), "--compare names both runs: leave out one"),
    ],
)
def test_a_wrong_call_says_what_to_do(elsewhere: GoldenImage, arguments: tuple[str, ...], said: str) -> None:
    told = elsewhere("report", "--sandbox", *arguments)
    assert (told.code, told.err) == (2, f"golden-image: {said}\n")


def test_a_file_that_cannot_be_written_is_named(golden_image: GoldenImage, runs: dict[str, str]) -> None:
    told = golden_image("report", "--sandbox", runs["dry"], "-o", "nowhere/run.html")
    assert told.code == 2
    assert told.err.startswith("golden-image: nowhere/run.html cannot be written: No such file")


def test_a_run_that_is_not_there_is_named(golden_image: GoldenImage) -> None:
    told = golden_image("report", "--sandbox", "nobody")
    assert told.code == 2
    assert "has no run nobody" in told.err


def test_the_page_is_opened_in_the_browser(
    golden_image: GoldenImage, runs: dict[str, str], tmp_path: Path
) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    told = golden_image("report", "--sandbox", runs["dry"], "--open", env={"BROWSER": f"{browser} %s"})
    assert told.code == 0
    assert (tmp_path / "opened").read_text().strip() == (golden_image.folder / f"{runs['dry']}.html").as_uri()
