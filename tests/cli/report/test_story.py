"""What a report tells of a run, from its history and its output alone."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from golden_image_cli.history import Visit
from golden_image_cli.report import stages, story
from golden_image_cli.report.stages import CALL, PEOPLE, WAIT, Span
from golden_image_cli.runs import Run
from tests.cli.report import histories
from tests.cli.report.conftest import FAILED, story_of

if TYPE_CHECKING:
    from golden_image_cli.report.stages import Stage
    from golden_image_cli.report.story import Story

_TAKE_TIME = {"Task", "Wait"}
_CALLERS = {"prove_image": "Prove Image", "roll_out": "Roll Out", "undo": "Undo"}
_DEFINITIONS = Path("statemachine")


def stage(told: Story, chapter: str, name: str) -> Stage:
    return next(one for one in told.stages if (one.chapter, one.name) == (chapter, name))


def definition_states(name: str) -> list[str]:
    states = json.loads((_DEFINITIONS / f"{name}.asl.json").read_text())["States"]
    return [state for state, body in states.items() if body["Type"] in _TAKE_TIME]


def test_every_state_of_the_definitions_has_a_chapter_and_a_stage() -> None:
    paths: list[tuple[str, ...]] = [(state,) for state in definition_states("golden_image_refresh")]
    for name, caller in _CALLERS.items():
        paths += [(caller, state) for state in definition_states(name)]
    visits = [Visit(path[-1], path[:-1], "arn", "Task", histories.START) for path in paths]
    found = {visit.name: stages.stage_of(visit) for visit in visits}
    assert [name for name, (chapter, _) in found.items() if chapter == "Other"] == []
    own = {stages.stage_of(Visit(caller, (), "arn", "Task", histories.START)) for caller in _CALLERS.values()}
    assert [name for name, where in found.items() if where in own and name not in _CALLERS.values()] == []


def test_a_stage_has_the_times_of_its_states(rolled: Story) -> None:
    stop = stage(rolled, "Source", "Stop")
    assert stop.spans == [Span(5, 7, CALL), Span(7, 8, CALL), Span(8, 38, WAIT), Span(38, 39, CALL)]
    assert (stop.seconds, stop.spent(WAIT), stop.polls) == (34, 30, 1)


def test_the_time_of_a_workflow_is_that_of_its_states(rolled: Story) -> None:
    canary = [one.name for one in rolled.stages if one.chapter == "Canary"]
    assert canary == ["Launch", "Checks", "End"]
    assert sum(one.seconds for one in rolled.stages) == rolled.seconds


def test_a_wait_for_people_is_told_apart(rolled: Story) -> None:
    assert [span.kind for span in stage(rolled, "Roll-out", "Approval").spans] == [PEOPLE]


def test_a_retry_is_counted_and_is_no_failure(rolled: Story) -> None:
    register = stage(rolled, "Image", "Register")
    assert (register.retries, register.failed_at) == (1, None)


def test_a_picture_leaves_out_what_nobody_could_see() -> None:
    one = stages.Stage("Image", "Snapshots")
    one.spans = [Span(at, at + (1 if at % 100 == 0 else 99), CALL) for at in range(0, 100_000, 50)]
    one.spans = [Span(2 * at, 2 * at + 1, CALL if at % 2 else WAIT) for at in range(5000)]
    assert len(list(one.pieces(10_000))) <= 400


def test_the_source_is_down_from_its_stop_until_it_runs_again(rolled: Story) -> None:
    assert rolled.downtime == story.Downtime(begin=5, end=80, is_over=True)


def test_a_source_that_the_undo_has_to_start_is_down_until_then_at_most() -> None:
    history = histories.History()
    history.task("Plan Refresh", histories.PLAN, 4)
    history.task("Stop Source", None, 2)
    history.fails("Check Source Stopped", "SourceStopTimedOut")
    history.begin("Undo")
    history.task("Roll Back", {"done": True, "progress": "everything is undone"}, 50)
    history.end("Undo")
    told = story_of(history, **FAILED)
    assert told.downtime == story.Downtime(begin=4, end=57, is_over=False)


def test_the_capacity_is_what_the_checks_have_seen(rolled: Story) -> None:
    seen = [(one.before, one.after) for one in rolled.capacity]
    assert seen == [(3, 0), (3, 1), (2, 1), (2, 2), (1, 2), (1, 3), (0, 3)]
    assert [(one.percent, one.at) for one in rolled.checkpoints] == [(33, 555), (100, 1041)]


def test_a_drain_and_the_way_back_of_the_capacity_are_read_from_the_progress() -> None:
    history = histories.History()
    history.begin("Roll Out")
    for left in (3, 1):
        history.task("Check Group Drained", {"done": False, "progress": f"{left} left"})
        history.wait("Wait for Group to Drain", 10)
    history.task("Check Group Drained", {"done": True, "progress": "no instance left"})
    history.task("Restore Capacity", {"sizes": {}})
    history.task("Check Capacity", {"done": False, "progress": "1 of 3 in service"})
    history.task("Check Capacity", {"done": True, "progress": "3 of 3 in service"})
    history.end("Roll Out")
    told = story_of(history)
    assert [(one.before, one.after) for one in told.capacity] == [(3, 0), (1, 0), (0, 0), (0, 1), (0, 3)]


def test_the_changes_are_those_of_image_template_group_and_source(rolled: Story) -> None:
    told = {(one.subject, one.field): (one.before, one.after) for one in rolled.changes}
    assert told["Image", "image"] == ("that of web version 1", "ami-0d222a3fe4e8609cf (web-0123)")
    assert told["Template", "launches from"] == ("web version 1", "web version 2")
    assert told["Template", "InstanceType"] == ("t3.micro", "t3.small")
    assert told["Template", "MetadataOptions.HttpTokens"] == ("—", "required")
    assert told["Group", "minimum / desired / maximum"] == ("3 / 3 / 6", "3 / 3 / 6")


def test_the_cost_counts_retries_and_what_is_kept(rolled: Story, failed: Story) -> None:
    assert (rolled.cost.invocations, rolled.cost.kept_gib) == (36, 28)
    assert rolled.cost.transitions == 50
    assert failed.cost.kept_gib == 0


def test_a_failure_has_its_state_its_cause_and_what_was_undone(failed: Story) -> None:
    failure = failed.failure
    assert failure
    assert failure.state == "Prove Image · Check Canary"
    assert (failure.error, failure.cause) == ("CanaryFailed", "i-canary failed a status check.")
    assert failure.roll_back == "nothing of the run is left"
    assert [what for _, what in failure.passes][-2:] == ["checking again", "everything is undone"]
    checks = stage(failed, "Canary", "Checks")
    assert checks.failed_at == checks.spans[-1].end == 12


def test_a_run_that_was_stopped_was_at_its_last_task() -> None:
    history = histories.History()
    history.task("Plan Refresh", histories.PLAN, 4)
    history.task("Check Snapshots", {"done": False, "progress": "12%"}, 0)
    history.add("WaitStateEntered", name="Wait for Snapshots")
    history.passes(90)
    history.add("ExecutionAborted")
    told = story_of(history, status="ABORTED", output=None)
    assert told.failure
    assert told.failure.state == "Check Snapshots"
    assert stage(told, "Image", "Snapshots").seconds == 90


def test_a_run_that_goes_on_is_told_until_now() -> None:
    history = histories.History()
    history.task("Plan Refresh", histories.PLAN, 4)
    history.add("WaitStateEntered", name="Wait for Snapshots")
    run = Run("arn", "web", "RUNNING", histories.START)
    told = story.read(run, history.events, now=histories.START + timedelta(seconds=64))
    assert (told.seconds, told.failure) == (64, None)
    assert stage(told, "Image", "Snapshots").seconds == 60


def test_a_dry_run_is_a_plan() -> None:
    history = histories.History()
    history.task("Plan Refresh", histories.PLAN, 4)
    told = story_of(history, output=histories.PLAN)
    assert told.is_dry
    assert told.warnings == tuple(histories.PLAN["warnings"])
    assert ("Template", "web, a new version") in {(one.subject, one.after) for one in told.changes}


def test_a_way_back_has_no_source_and_keeps_nothing() -> None:
    generation = {
        "number": 1,
        "image": {"id": "ami-old", "name": "web-old", "snapshotIds": ["snap-old"]},
        "launchTemplate": {"id": "lt-0123456789abcdef0", "name": "web", "version": 1},
    }
    plan = {key: value for key, value in histories.PLAN.items() if key not in {"source", "image"}}
    history = histories.History()
    history.task("Plan Refresh", plan | {"goesBackTo": generation})
    output = histories.OUTPUT | {"generation": {"number": 3, "goesBackTo": 1}, "source": {"instanceId": None}}
    told = story_of(history, output=output)
    assert (told.goes_back_to, told.source, told.downtime, told.cost.kept_gib) == (1, None, None, 0)


@pytest.mark.parametrize("output", [None, {}, {"image": None}, [], "text"])
def test_an_output_of_an_older_version_is_told_as_far_as_it_goes(output: object) -> None:
    told = story_of(histories.rolled(), output=output)
    assert told.group == "web"
    assert told.stages


def test_a_history_that_is_gone_is_told() -> None:
    history = histories.History(events=[])
    history.events.clear()
    told = story_of(history)
    assert told.stages == ()
    assert told.gaps == (
        "The history of this run is gone: Step Functions keeps it for 90 days after the run's end.",
    )


def test_a_beginning_that_is_gone_is_told() -> None:
    history = histories.rolled()
    del history.events[:30]
    told = story_of(history)
    assert told.gaps[0] == "The beginning of the history is missing, and with it the plan."
    assert told.stages


def test_a_workflow_whose_history_is_gone_is_one_piece() -> None:
    history = histories.rolled()
    history.events = [event for event in history.events if event.path != ("Prove Image",)]
    told = story_of(history)
    assert told.gaps == (
        "The history of the workflow that Prove Image called is gone: its time is shown as one piece.",
    )
    assert stage(told, "Canary", "Canary").seconds == 217


def test_the_time_of_a_sandbox_is_that_which_the_run_counts() -> None:
    history = histories.rolled()
    run = Run("arn", "web", "SUCCEEDED", histories.START, history.now, {}, histories.OUTPUT)
    told = story.read(run, history.events, scale=0.1)
    assert told.seconds == pytest.approx(10450)
    assert told.downtime
    assert told.downtime.end == pytest.approx(800)


def test_a_state_that_is_not_known_is_a_stage_of_its_own() -> None:
    history = histories.History()
    history.task("Paint Source", None, 3)
    assert stage(story_of(history), "Other", "Paint Source").seconds == 3
