"""Which state of a failed run is said to have failed."""

from __future__ import annotations

import json

from golden_image_cli.failing import cause_of, failing_state
from golden_image_cli.history import visits
from golden_image_cli.runs import Run
from tests.cli.stories import CHILD, RUN, START, Story


def failing(story: Story) -> tuple[tuple[str, ...], str] | None:
    found = failing_state(visits(story.events))
    return (found.path, found.name) if found else None


def undone(story: Story) -> Story:
    """A failed run's story goes on: its undo fails for a while, and then has undone it."""
    story.call("Undo").enter("Roll Back").fail("ResourceBusy", "busy").answer(done=True).leave("Roll Back")
    return story.end_of_child().leave("Undo").enter("Notify Failure").fail("SNS.AuthorizationError", "no")


def test_it_is_the_last_one_that_failed_and_not_one_that_was_tried_again() -> None:
    story = (
        Story().enter("Create Snapshots").fail("RequestThrottled", "busy").answer().leave("Create Snapshots")
    )
    story.enter("Register Image").fail("ImageFailed", "it has no system").leave("Register Image")

    assert failing(undone(story)) == ((), "Register Image")


def test_it_is_the_state_of_the_child_that_failed() -> None:
    story = Story().call("Roll Out").enter("Drain Group").answer().leave("Drain Group")
    story.enter("Check Group Drained").fail("DrainTimedOut", "2 left").end_of_child()
    story.fail("States.TaskFailed", json.dumps({"ExecutionArn": CHILD})).leave("Roll Out")

    assert failing(undone(story)) == (("Roll Out",), "Check Group Drained")


def test_a_child_that_step_functions_has_forgotten_failed_in_its_caller() -> None:
    story = Story().enter("Roll Out").fail("States.TaskFailed", json.dumps({"ExecutionArn": CHILD}))

    assert failing(undone(story.leave("Roll Out"))) == ((), "Roll Out")


def test_of_a_run_that_was_stopped_it_is_the_task_that_it_was_at() -> None:
    story = Story().enter("Stop Source").answer().leave("Stop Source")
    story.enter("Check Source Stopped").check("stopping").leave("Check Source Stopped")
    story.enter("Wait for Source to Stop", "Wait").add("ExecutionAborted")

    assert failing(story) == ((), "Check Source Stopped")


def test_of_a_run_that_was_stopped_in_a_child_it_is_the_childs_task() -> None:
    story = Story().call("Roll Out").enter("Drain Group").answer().leave("Drain Group")
    story.enter("Check Group Drained").add("ExecutionAborted")

    assert failing(story) == (("Roll Out",), "Check Group Drained")


def test_it_is_not_a_state_that_cleaned_up_at_the_second_try() -> None:
    story = Story().call("Prove Image").enter("Check Canary").fail("CanaryFailed", "no").leave("Check Canary")
    story.enter("End Canary").fail("RequestThrottled", "busy").answer().leave("End Canary").end_of_child()
    story.fail("CanaryFailed", json.dumps({"ExecutionArn": CHILD})).leave("Prove Image")

    assert failing(undone(story)) == (("Prove Image",), "Check Canary")


def test_of_a_run_that_was_stopped_after_its_child_had_failed_it_is_the_childs_task() -> None:
    story = Story().call("Prove Image").enter("Check Canary").fail("CanaryFailed", "no").leave("Check Canary")

    assert failing(story.add("ExecutionAborted")) == (("Prove Image",), "Check Canary")


def test_a_cause_is_told_apart_from_what_was_undone() -> None:
    told = {
        cause: cause_of(Run(RUN, "web-1", "FAILED", START, cause=cause))
        for cause in ("It has no system. Roll-back: nothing of the run is left.", "It has no system.", None)
    }

    assert list(told.values()) == [
        ("It has no system.", "nothing of the run is left"),
        ("It has no system.", ""),
        ("", ""),
    ]


def test_a_run_without_a_task_has_none() -> None:
    assert failing(Story().add("ExecutionStarted").add("ExecutionTimedOut")) is None
