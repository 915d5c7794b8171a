"""The page of a run, and that of two, as HTML and as SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from golden_image_cli.report import as_html, as_svg, comparison, page
from golden_image_cli.report.blocks import Command, Page, Prose, Section, Table, Tiles
from tests.cli.report import histories
from tests.cli.report.conftest import FAILED, story_of

if TYPE_CHECKING:
    from golden_image_cli.report.story import Story

_EVIL = "<script>alert(1)</script>&\"'"


def blocks(made: Page, kind: type) -> list[Any]:
    return [block for section in made.sections for block in section.blocks if isinstance(block, kind)]


def titles(made: Page) -> list[str]:
    return [section.title for section in made.sections]


def test_the_page_of_a_roll_has_its_sections_in_order(rolled: Story) -> None:
    made = page.of(rolled, "--stack images")
    assert made.title == "web was rolled to a new image"
    assert titles(made) == [
        *("", "What ran when", "Instances in service", "Before and after"),
        *("Approvals", "Warnings", "Cost", "Go back"),
    ]
    [tiles] = blocks(made, Tiles)
    assert [(name, value) for name, value, _ in tiles.tiles] == [
        *(("Duration", "17 min 25 s"), ("Source down", "1 min 15 s")),
        *(("Fewest in service", "3"), ("Cost of the run", "$0.0014")),
    ]


def test_the_way_back_is_a_command(rolled: Story) -> None:
    [command] = blocks(page.of(rolled, "--stack images"), Command)
    assert command.text == "golden-image go-back web --to 1 --rollout rolling --stack images"


def test_a_name_with_spaces_is_quoted_in_the_command(rolled: Story) -> None:
    [command] = blocks(page.of(replace(rolled, group="my web; rm"), "--sandbox"), Command)
    assert command.text == "golden-image go-back 'my web; rm' --to 1 --rollout rolling --sandbox"


def test_a_failed_run_tells_what_was_undone_first(failed: Story) -> None:
    made = page.of(failed, "--sandbox")
    assert made.title == "web was not refreshed"
    assert titles(made)[:2] == ["", "What failed, and what was undone"]
    assert ("Roll-back", "nothing of the run is left") in blocks(made, Table)[0].rows
    assert "Go back" not in titles(made)


def test_a_run_that_was_stopped_is_undone_by_the_sweeper() -> None:
    told = story_of(histories.rolled(), status="ABORTED", output=None)
    made = page.of(told, "--sandbox")
    assert made.title == "The run of web was stopped"
    rows = dict(blocks(made, Table)[0].rows)
    assert rows["Roll-back"].startswith("The sweeper undoes this run")


def test_a_first_generation_has_no_way_back(rolled: Story) -> None:
    made = page.of(replace(rolled, generation=1, replaces=None), "--sandbox")
    assert blocks(made, Command) == []
    assert made.sections[-1].title == "Go back"


def test_a_dry_run_has_no_costs_and_no_way_back() -> None:
    history = histories.History()
    history.task("Plan Refresh", histories.PLAN)
    made = page.of(story_of(history, output=histories.PLAN), "--sandbox")
    assert made.title == "web: a plan, and nothing changed"
    assert titles(made) == ["", "What ran when", "What is planned", "Warnings"]


def test_a_history_that_is_gone_gets_a_page() -> None:
    history = histories.History()
    history.events.clear()
    for write in (as_html.write, as_svg.write):
        assert "The history of this run is gone" in write(page.of(story_of(history), "--sandbox"))


def test_every_text_of_a_run_is_escaped(failed: Story) -> None:
    told = story_of(histories.failed(), **FAILED | {"name": _EVIL, "error": _EVIL, "cause": _EVIL})
    evil = replace(told, group=_EVIL, source=_EVIL, rollout=_EVIL, warnings=(_EVIL,))
    made = page.of(evil, _EVIL)
    made = replace(made, sections=(*made.sections, Section(_EVIL, (Prose(_EVIL), Tiles(((_EVIL,) * 3,))))))
    for write in (as_html.write, as_svg.write):
        assert "<script" not in write(made)
    assert as_html.write(page.of(failed, "--sandbox")).count("alert(1)") == 0


def test_a_state_that_is_not_known_cannot_write_into_the_picture() -> None:
    history = histories.History()
    history.task(_EVIL, None, 3)
    assert "<script" not in as_html.write(page.of(story_of(history), "--sandbox"))


def test_user_data_is_nowhere() -> None:
    given = {"autoScalingGroupName": "web", "launchTemplate": {"userData": "c2VjcmV0IHdvcmRz"}}
    told = story_of(histories.rolled(), input=given)
    assert "c2VjcmV0IHdvcmRz" not in as_html.write(page.of(told, "--sandbox"))


@pytest.mark.parametrize("write", [as_html.write, as_svg.write])
def test_a_page_needs_no_network_and_has_no_script(write: Any, rolled: Story) -> None:
    text = write(page.of(rolled, "--sandbox"))
    for word in ("<script", "<link", "<image", "@import", "url(", "onload"):
        assert word not in text
    addresses = {part.split('"')[0] for part in text.split("http")[1:]}
    assert addresses <= {"://www.w3.org/2000/svg", "://www.w3.org/1999/xlink", "-equiv="}


def test_the_svg_has_the_texts_of_the_page_and_is_well_formed(rolled: Story) -> None:
    root = ET.fromstring(as_svg.write(page.of(rolled, "--stack images")))  # noqa: S314 - our own
    words = " ".join("".join(root.itertext()).split())
    for text in ("web was rolled to a new image", "17 min 25 s", "Snapshots", "ami-0d222a3fe4e8609cf"):
        assert text in words


def test_two_runs_are_compared_stage_by_stage(rolled: Story) -> None:
    slow, more = histories.rolled(), timedelta(seconds=105)
    for event in slow.events[30:]:
        event.raw["timestamp"] += more
    slower = story_of(slow, name="slower", stop=slow.now + more)
    found = [one for one in comparison.differences(rolled, slower) if one.why]
    assert len(found) == 1
    assert found[0].seconds == pytest.approx(105)
    made = comparison.of(rolled, slower, "--sandbox")
    [summary] = blocks(made, Prose)[:1]
    assert summary.text.startswith(f"B took 1 min 45 s longer than A. Most of it: {found[0].name}")


def test_a_stage_that_one_run_did_not_have_is_told(rolled: Story, failed: Story) -> None:
    why = {one.name: one.why for one in comparison.differences(rolled, failed)}
    assert why["Roll-out, approval"] == "only A had it"
    assert why["Undo, roll back"] == "only B had it"
    assert why["Canary, checks"].startswith("A waited 2 min 30 s longer for AWS (1 poll, not 0)")


def test_two_runs_without_a_history_get_a_page() -> None:
    history = histories.History()
    history.events.clear()
    told = story_of(history)
    assert "A and B" in as_html.write(comparison.of(told, told, "--sandbox"))
