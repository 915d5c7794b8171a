"""How a run is told: to a pipe, to a terminal, to a program."""

from __future__ import annotations

import io
import json
import re

import pytest
from rich.console import Console

from golden_image_cli.voices import stages
from golden_image_cli.voices.json_lines import JsonLines
from golden_image_cli.voices.lines import Lines
from golden_image_cli.voices.live import Live
from golden_image_cli.watch import narrate
from tests.cli.stories import START, Story, snapshots

ANSWERS = ("golden-image approve web-1 --reason WHY", "golden-image reject web-1 --reason WHY")


def lines(story: Story, scale: float = 1) -> list[str]:
    out = io.StringIO()
    narrate(Lines(out, ANSWERS, START, scale), story.events)
    return out.getvalue().splitlines()


def names(told: list[str]) -> list[str]:
    """The lines without their clocks."""
    return [line[10:] for line in told]


def drawn(story: Story, width: int = 80) -> str:
    """What stays on a terminal that has no cursor."""
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=True, force_interactive=False)
    narrate(Live(console, ANSWERS), story.events)
    return plain(out.getvalue())


def plain(text: str) -> str:
    """The text without what moves the cursor and what colours."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


def test_a_pipe_gets_a_line_for_each_stage_and_for_each_progress_that_is_new() -> None:
    assert names(lines(snapshots())) == [
        "Create Snapshots",
        "Return Source",
        "Check Snapshots",
        "  12%",
        "  100%",
        "Register Image",
    ]


def test_choices_and_states_that_only_make_values_do_not_show() -> None:
    story = Story().enter("Describe Run", "Pass").enter("Dry Run?", "Choice").enter("Notify")

    assert names(lines(story)) == ["Notify"]


def test_a_check_belongs_to_the_stage_that_began_what_it_looks_at() -> None:
    story = Story().enter("Stop Source").answer().enter("Check Source Stopped").check("stopping")

    assert names(lines(story)) == ["Stop Source", "  stopping"]


def test_a_line_begins_with_the_time_since_the_start_as_the_run_counts_it() -> None:
    assert lines(Story().enter("Plan Refresh").enter("Lock Group"))[1] == "    1:00  Lock Group"
    assert lines(Story().enter("Plan Refresh").enter("Lock Group"), 0.5)[1] == "    2:00  Lock Group"


def test_the_stages_of_a_child_are_told_below_their_caller() -> None:
    story = (
        Story().call("Roll Out").enter("Drain Group").answer().enter("Check Group Drained").check("2 left")
    )

    told = lines(story.end_of_child().enter("Commit Refresh"))

    assert names(told) == ["Roll Out", "  Drain Group", "    2 left", "Commit Refresh"]


@pytest.mark.parametrize("reason", ["", ": i-1 is warming up."])
def test_a_roll_tells_how_many_in_service_are_new(reason: str) -> None:
    story = Story().enter("Start Instance Refresh").enter("Check Instance Refresh")

    told = lines(story.check(f"33% replaced, 2 instances left{reason}", inService=4, ofVersion=1))

    assert names(told)[1] == f"  33% replaced, 2 instances left, 1 of 4 in service are new{reason}"


def test_a_run_that_asks_people_says_how_to_answer() -> None:
    asked = {"resource": "invoke.waitForTaskToken", "output": "{}"}
    story = Story().enter("Request Approval").add("TaskSubmitted", taskSubmittedEventDetails=asked)

    assert names(lines(story))[1:] == [
        "  waits for people:",
        *(f"  {command}" for command in ANSWERS),
    ]


def test_a_failure_is_told_by_its_message_without_the_stack_trace() -> None:
    error = {"errorMessage": 'image "ami-1" größer failed', "stackTrace": ["File …"]}
    for cause in (json.dumps(error), json.dumps(error, ensure_ascii=False)):
        told = lines(Story().enter("Register Image").fail("ImageFailed", cause))

        assert names(told)[1] == '  failed: ImageFailed: image "ami-1" größer failed'


def test_the_failure_of_a_child_is_not_told_twice() -> None:
    story = (
        Story().enter("Roll Out").fail("States.TaskFailed", json.dumps({"ExecutionArn": "arn", "Cause": "x"}))
    )

    assert names(lines(story))[1] == "  failed: States.TaskFailed"


@pytest.mark.parametrize(
    ("progress", "percent"),
    [("37%", 37), ("33% replaced, 2 instances left", 33), ("2 of 4 in service", 50), ("0 of 0", None)],
)
def test_a_progress_that_counts_is_a_percentage(progress: str, percent: float | None) -> None:
    assert stages.percent(progress) == percent


def test_a_terminal_keeps_one_line_for_each_stage_that_is_over_with_its_duration() -> None:
    kept = [line.split() for line in drawn(snapshots()).splitlines() if "✓" in line]

    assert kept == [
        ["✓", "Create", "Snapshots", "2:00"],
        ["✓", "Return", "Source", "2:00"],
        ["✓", "Check", "Snapshots", "12:00"],
    ]


def test_a_stage_that_has_failed_gets_no_tick_and_one_that_was_tried_again_does() -> None:
    story = Story().enter("Stop Source").fail("RequestThrottled", "busy").answer().leave("Stop Source")
    story.enter("Register Image").fail("ImageFailed", "it has no system").leave("Register Image")
    story.enter("Notify Failure").answer().add("ExecutionFailed")

    marks = [line.split()[:2] for line in drawn(story).splitlines() if line and line[0] in "✓✗"]

    assert marks == [["✗", "Stop"], ["✓", "Stop"], ["✗", "Register"], ["✗", "Register"], ["✓", "Notify"]]


def test_the_stage_in_which_a_run_was_stopped_gets_no_tick() -> None:
    assert "✗ Stop Source" in drawn(Story().enter("Stop Source").answer().add("ExecutionAborted"))


def test_a_terminal_has_a_caller_as_the_heading_of_its_childs_stages() -> None:
    story = Story().call("Roll Out").enter("Drain Group").answer().end_of_child().enter("Commit Refresh")

    kept = [line.strip() for line in drawn(story).splitlines() if "Roll" in line or "Drain" in line]

    assert kept[0] == "▸ Roll Out"
    assert kept[1].split() == ["✓", "Drain", "Group", "2:00"]
    assert len(kept) == 2


def test_a_terminal_of_80_columns_is_wide_enough() -> None:
    story = snapshots().enter("Check Image").check("x" * 200).fail("ImageFailed", "it has no system " * 9)

    assert max(map(len, drawn(story).splitlines())) <= 80


def test_a_terminal_that_only_knows_ascii_gets_nothing_else() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    console = Console(file=out, width=80, force_terminal=True, force_interactive=False)

    narrate(Live(console, ANSWERS), snapshots().events)

    out.seek(0)
    assert "* Create Snapshots" in plain(out.read())


def test_a_program_gets_an_object_a_line() -> None:
    out = io.StringIO()

    narrate(JsonLines(out), snapshots().events)

    told = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [one["event"] for one in told][:3] == ["begins", "ends", "begins"]
    half_way = next(one for one in told if one["event"] == "progress")
    assert half_way["stage"] == "Check Snapshots"
    assert (half_way["percent"], half_way["waitSeconds"], half_way["text"]) == (12, 10, "12%")


def test_a_program_is_told_which_stage_has_failed() -> None:
    out = io.StringIO()

    narrate(JsonLines(out), Story().enter("Stop Source").fail("A", "b").add("ExecutionFailed").events)

    ended = json.loads(out.getvalue().splitlines()[-1])
    assert (ended["event"], ended["stage"], ended["failed"]) == ("ends", "Stop Source", True)
