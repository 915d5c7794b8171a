"""start, watch, list, show, why and stop against a sandbox, through pipes and on a terminal."""

from __future__ import annotations

import json
import re
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.cli.conftest import GoldenImage, Told
from tests.workflow.conftest import eventually
from tools.failure_page import advice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import Client


@dataclass(frozen=True)
class Watched:
    """A run that was started with --watch, and what that told."""

    source: str
    group: str
    name: str
    told: Told


@pytest.fixture(scope="module")
def good(deployed: Client, folder: Path) -> Watched:
    """A run that succeeded."""
    return _watched(deployed, folder)


@pytest.fixture(scope="module")
def bad(deployed: Client, folder: Path) -> Watched:
    """A run that failed in a child workflow, and was undone."""
    return _watched(
        deployed, folder, "--rollout", "recreate", "--timeouts.rollout", "60", slow={"launch": 900}
    )


def _watched(deployed: Client, folder: Path, *options: str, slow: dict[str, int] | None = None) -> Watched:
    source, group = deployed.seed()["instanceId"], f"web-{uuid4().hex[:8]}"
    before = deployed.control("GET", "durations")
    deployed.control("PUT", "durations", slow or {})
    told = GoldenImage(folder)("start", source, group, *options, "--watch", "--sandbox")
    deployed.control("PUT", "durations", before)
    found = re.search(rf"{group}-\d{{8}}T\d{{6}}Z-[0-9a-f]{{8}}", told.out)
    assert found, told
    return Watched(source, group, found.group(), told)


@pytest.fixture
def waiting(sandbox: Client, golden_image: GoldenImage, group: str) -> Iterator[str]:
    """The name of a run that waits for its source to stop, until the test has ended it."""
    sandbox.control("PUT", "durations", {"stop": 3000})
    source = sandbox.seed()["instanceId"]
    started = golden_image("start", source, group, "--sandbox", "--timeouts.stop", "9000", "--json").json
    yield started["name"]
    if sandbox.stepfunctions.describe_execution(executionArn=started["executionArn"])["status"] == "RUNNING":
        sandbox.stop(started["executionArn"])


def test_a_start_that_is_watched_tells_every_stage_and_what_came_of_it(good: Watched) -> None:
    told = good.told

    assert told.code == 0, told
    stages = re.findall(r"^ *\d+:\d\d  (\S.*)$", told.out, re.MULTILINE)
    assert stages[:3] == ["Plan Refresh", "Lock Group", "Stop Source"]
    assert {"Create Snapshots", "Register Image", "Roll Out", "Commit Refresh"} <= set(stages)
    assert re.search(r"^ *\d+:\d\d    100%$", told.out, re.MULTILINE)
    assert re.search(rf"^SUCCEEDED after \d+:\d\d: {good.name}$", told.out, re.MULTILINE)
    assert re.search(r"^image         ami-[0-9a-f]+ ", told.out, re.MULTILINE)
    assert f"group         {good.group} created, drain" in told.out
    assert not [stage for stage in stages if stage.endswith("?")]
    assert "\x1b" not in told.out


def test_a_start_that_is_watched_exits_with_1_where_the_run_fails(bad: Watched) -> None:
    assert bad.told.code == 1
    assert "FAILED after " in bad.told.out
    assert "error         RolloutTimedOut" in bad.told.out
    assert f"golden-image why {bad.name}" in bad.told.out


def test_a_start_answers_the_run_and_does_not_wait_for_it(golden_image: GoldenImage, waiting: str) -> None:
    shown = golden_image("show", waiting, "--sandbox", "--json").json

    assert shown["status"] == "RUNNING"
    assert shown["input"]["timeouts"] == {"stop": 9000}


def test_a_start_that_the_plan_refuses_is_a_run_that_failed(
    golden_image: GoldenImage, good: Watched, tmp_path: Path
) -> None:
    file = tmp_path / "input.json"
    file.write_text(json.dumps({"rollout": "drain", "group": {"minSize": 3}}))

    told = golden_image(
        "start", good.source, good.group, "--input", str(file), "--watch", "--sandbox", "--json"
    )

    assert told.code == 1
    assert told.events[-1]["error"] == "InvalidInput"
    assert "undone" not in told.events[-1]


def test_a_run_that_is_over_is_watched_from_its_history(golden_image: GoldenImage, good: Watched) -> None:
    again = golden_image("watch", good.name, "--sandbox")

    assert again.code == 0
    assert again.out == good.told.out


def test_a_program_watches_events_the_first_of_which_names_the_run(
    golden_image: GoldenImage, bad: Watched
) -> None:
    told = golden_image("watch", bad.name, "--sandbox", "--json")

    assert told.code == 1
    first, *between, last = told.events
    assert (first["event"], first["name"]) == ("run", bad.name)
    assert (last["event"], last["status"], last["error"]) == ("over", "FAILED", "RolloutTimedOut")
    assert {one["event"] for one in between} == {"begins", "progress", "fails", "ends"}
    drain = next(one for one in between if one["stage"] == "Restore Capacity")
    assert drain["path"] == ["Roll Out"]
    assert not [one for one in between if one["stage"].endswith("?")]


def test_a_terminal_is_drawn_on_and_keeps_a_line_for_each_stage(
    golden_image: GoldenImage, good: Watched
) -> None:
    told = golden_image.on_terminal("watch", good.name, "--sandbox")

    assert told.code == 0
    assert re.search(r"✓ Create Snapshots +\d+:\d\d$", told.text, re.MULTILINE)
    assert "▸ Roll Out" in told.text
    assert "\x1b[32m" in told.out
    assert max(map(len, re.split(r"[\r\n]", told.text))) <= 80


def test_a_terminal_without_colours_has_none(golden_image: GoldenImage, good: Watched) -> None:
    for verb in ("watch", "show", "list"):
        told = golden_image.on_terminal(
            verb, *([good.name] if verb != "list" else []), "--sandbox", env={"NO_COLOR": "1"}
        )
        assert not re.search(r"\x1b\[(3\d|9\d)m", told.out), verb


def test_a_dumb_terminal_gets_lines(golden_image: GoldenImage, good: Watched) -> None:
    told = golden_image.on_terminal("watch", good.name, "--sandbox", env={"TERM": "dumb"})

    assert told.out == good.told.out


def test_a_run_is_watched_while_it_goes_on_and_an_interrupt_ends_the_watch_alone(
    golden_image: GoldenImage, waiting: str
) -> None:
    with golden_image.begun("watch", "--sandbox") as process:
        assert process.stdout
        assert process.stderr
        line = next(line for line in process.stdout if "Stop Source" in line)
        process.send_signal(signal.SIGINT)
        err = process.stderr.read()

    assert line
    assert process.returncode == 130
    assert f"golden-image stop {waiting}" in err
    assert golden_image("show", waiting, "--sandbox", "--json").json["status"] == "RUNNING"


def test_the_newest_runs_are_listed_first(golden_image: GoldenImage, good: Watched, bad: Watched) -> None:
    told = golden_image("list", "--sandbox")
    names = [line.split()[-1] for line in told.out.splitlines()]

    assert told.code == 0
    assert {good.name, bad.name} <= set(names)
    assert [one["name"] for one in golden_image("list", "--sandbox", "--json").json] == names


@pytest.mark.usefixtures("bad")
def test_runs_are_listed_by_their_status(golden_image: GoldenImage) -> None:
    told = golden_image("list", "--status", "failed", "--limit", "1", "--sandbox")

    assert len(told.out.splitlines()) == 1
    assert told.out.startswith("FAILED")
    wrong = golden_image("list", "--status", "broken", "--sandbox")
    assert wrong.code == 2
    assert "TIMED_OUT" in wrong.err


def test_a_run_is_shown_by_its_name_and_by_its_arn(golden_image: GoldenImage, good: Watched) -> None:
    by_name = golden_image("show", good.name, "--sandbox", "--json")
    by_arn = golden_image("show", by_name.json["executionArn"], "--sandbox", "--json")

    assert by_name.code == by_arn.code == 0
    assert by_name.json == by_arn.json
    assert by_name.json["output"]["group"]["name"] == good.group
    assert "startedAt" in by_name.json


def test_a_run_that_is_shown_to_a_person_has_its_input_and_its_output(
    golden_image: GoldenImage, good: Watched, bad: Watched
) -> None:
    assert '"sourceInstanceId"' in golden_image("show", good.name, "--sandbox").out
    failed = golden_image("show", bad.name, "--sandbox")
    assert failed.code == 0
    assert "RolloutTimedOut" in failed.out


@pytest.mark.parametrize("verb", ["show", "watch", "why", "stop"])
def test_a_run_that_does_not_exist_is_a_wrong_call(golden_image: GoldenImage, verb: str) -> None:
    told = golden_image(verb, "web-1", "--sandbox")

    assert told.code == 2
    assert "has no run web-1" in told.err


def test_the_arn_of_another_stacks_run_is_a_wrong_call(golden_image: GoldenImage) -> None:
    told = golden_image("show", "arn:aws:states:eu-west-1:123456789012:execution:other:web-1", "--sandbox")

    assert told.code == 2
    assert "is no run of stack" in told.err


def test_why_tells_error_state_what_was_undone_and_what_to_do(
    golden_image: GoldenImage, bad: Watched
) -> None:
    told = golden_image("why", bad.name, "--sandbox")

    assert told.code == 0
    assert "error         RolloutTimedOut" in told.out
    assert "failed at     Roll Out > Check Capacity" in told.out
    assert "undone        nothing of the run is left" in told.out
    assert re.search(r"^what to do    \S", told.out, re.MULTILINE)
    assert max(len(line) for line in told.out.splitlines() if not line.startswith("arn:")) <= 80


def test_why_gives_a_program_the_advice_of_the_page(golden_image: GoldenImage, bad: Watched) -> None:
    told = golden_image("why", bad.name, "--sandbox", "--json").json

    assert told["name"] == bad.name
    assert told["error"] == "RolloutTimedOut"
    assert told["state"] == "Roll Out > Check Capacity"
    assert ":roll-out-1-" in told["execution"]
    assert told["advice"] == [advice()["RolloutTimedOut"]]


@pytest.mark.usefixtures("good", "bad")
def test_why_without_a_run_explains_the_newest_that_failed(golden_image: GoldenImage) -> None:
    found = golden_image("list", "--sandbox", "--json").json

    failed = [run["name"] for run in found if run["status"] not in ("RUNNING", "SUCCEEDED")]
    assert golden_image("why", "--sandbox", "--json").json["name"] == failed[0]


def test_why_has_nothing_to_explain_of_a_run_that_succeeded(golden_image: GoldenImage, good: Watched) -> None:
    told = golden_image("why", good.name, "--sandbox")

    assert told.code == 2
    assert "has succeeded" in told.err


def test_a_run_is_stopped_and_why_follows_its_undo(
    golden_image: GoldenImage, sandbox: Client, waiting: str
) -> None:
    goes_on = golden_image("why", waiting, "--sandbox")
    stopped = golden_image("stop", "--sandbox")

    assert goes_on.code == 2
    assert "goes on" in goes_on.err
    assert stopped.code == 0
    assert f"ABORTED {waiting}" in stopped.out

    def told() -> Any:
        return golden_image("why", waiting, "--sandbox", "--json").json

    sandbox.control("PUT", "durations", {"stop": 10})
    eventually(lambda: "still locks" not in told()["undone"])
    assert told()["error"] == "ABORTED"
    assert told()["state"] == "Check Source Stopped"
    again = golden_image("stop", waiting, "--sandbox")
    assert again.code == 0
    assert f"ABORTED {waiting}" in again.out


def test_a_run_that_is_over_is_not_stopped(golden_image: GoldenImage, good: Watched) -> None:
    told = golden_image("stop", good.name, "--sandbox")

    assert told.code == 2
    assert "is over already: SUCCEEDED" in told.err


def test_a_run_that_is_being_undone_is_not_stopped(
    golden_image: GoldenImage, sandbox: Client, group: str
) -> None:
    sandbox.control("PUT", "durations", {"launch": 9000, "terminate": 3000})
    call = [sandbox.seed()["instanceId"], group, "--rollout", "recreate", "--timeouts.rollout", "60"]
    begun = golden_image("start", *call, "--sandbox", "--json").json
    next(event for event in sandbox.events(begun["executionArn"]) if event.entered == "Undo")

    told = golden_image("stop", begun["name"], "--sandbox")

    assert told.code == 2
    assert "is being undone" in told.err
