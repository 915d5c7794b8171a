"""docs/guides/failure.md names every way in which a run can end badly, in the words of the code."""

from __future__ import annotations

import json
import re

from samtranslator.yaml_helper import yaml_parse

from golden_image import errors, polling
from golden_image.errors import CallerError, GoldenImageError, TryAgain
from golden_image.undo import begin
from tests.docs.markdown import ROOT, definitions, page, rows, states
from tools import advice, failure_page

PAGE = page("docs/guides/failure.md")
DEFINITION = definitions()["golden_image_refresh"]
STATES = states()
# The errors of Step Functions that no Retry or Catch of every state matches, and the statuses of runs that
# were ended from outside. States.ALL matches States.DataLimitExceeded in a Task; others have no Catch.
UNCAUGHT = {"States.Runtime", "States.DataLimitExceeded", "ABORTED", "TIMED_OUT"}
# Step Functions' own names, by its guide to errors, but for those of what no definition here has:
# Map, Parallel, heartbeats, HTTP tasks, JSONPath, a Choice without Default.
OF_STEP_FUNCTIONS = {
    "States.DataLimitExceeded",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.Runtime",
    "States.TaskFailed",
    "States.Timeout",
}
NO_ANSWER = "### A function or a child workflow gave no answer"


def named(heading: str) -> dict[str, str]:
    """The meaning of each error in a section's table."""
    table = rows(PAGE.section(heading))
    return {name: meaning for cell, meaning, _ in table for name in re.findall(r"`([A-Za-z_.]+)`", cell)}


def kinds(of_callers: bool) -> dict[str, str | None]:
    """The docstring of each named error, but for the bases, that only the API's callers see, or not."""
    found = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    bases = {GoldenImageError, CallerError, TryAgain}
    return {
        kind.__name__: kind.__doc__
        for kind in found
        if issubclass(kind, GoldenImageError)
        and kind not in bases
        and issubclass(kind, CallerError) == of_callers
    }


def test_every_error_of_a_run_is_explained_in_the_words_of_the_code() -> None:
    explained = named("### Refused: nothing was changed")
    explained |= named("### Failed: undone by the roll-back") | named("### Not undone")
    assert explained == kinds(of_callers=False)


def test_every_error_of_the_api_is_explained_where_the_api_is() -> None:
    table = rows(page("docs/reference/api.md").section("## Errors"))
    assert {row[0].strip("`"): row[1] for row in table} == kinds(of_callers=True)


def test_every_error_that_a_run_can_end_with_is_explained() -> None:
    matched = {
        name
        for state in STATES.values()
        for way in state.get("Retry", []) + state.get("Catch", [])
        for name in way["ErrorEquals"]
    }
    explained = named("## Errors").keys()
    assert (matched - {"States.ALL"}) | OF_STEP_FUNCTIONS | kinds(of_callers=False).keys() <= explained
    assert {name for name in matched if "." in name} - {"States.ALL"} <= named(NO_ANSWER).keys()


def test_the_definitions_have_none_of_the_states_that_have_errors_of_their_own() -> None:
    assert {state["Type"] for state in STATES.values()} <= {
        "Task",
        "Choice",
        "Wait",
        "Pass",
        "Succeed",
        "Fail",
    }
    assert [name for name, s in STATES.items() if s["Type"] == "Choice" and "Default" not in s] == []
    assert [name for name, s in STATES.items() if "HeartbeatSeconds" in s or ":http:" in str(s)] == []


def test_every_end_that_no_state_catches_is_explained_and_swept() -> None:
    # States.ALL matches it in a Task; other states have no Catch.
    uncaught = UNCAUGHT | {"States.QueryEvaluationError"}
    assert named("### Ends that no state can catch").keys() == uncaught
    template = yaml_parse((ROOT / "template.yaml").read_text())
    events = template["Resources"]["SweepRunsFunction"]["Properties"]["Events"]
    # States.Runtime and States.DataLimitExceeded end a run FAILED. A success is counted.
    assert set(events["RunEnded"]["Properties"]["Pattern"]["detail"]["status"]) == {
        "ABORTED",
        "FAILED",
        "SUCCEEDED",
        "TIMED_OUT",
    }


def test_every_alarm_and_message_is_in_the_list_of_what_wakes_people() -> None:
    listed = PAGE.section("## Messages and alarms")
    template = yaml_parse((ROOT / "template.yaml").read_text())
    alarms = [name for name, r in template["Resources"].items() if r["Type"] == "AWS::CloudWatch::Alarm"]
    assert [name for name in alarms if f"`{name}`" not in listed] == []
    subjects = [row[0] for row in rows(listed) if row[0].startswith("`golden image of")]
    ends = STATES["How Did It End?"]
    outcomes = [json.dumps(way["Assign"]) for way in (*ends["Choices"], ends)]
    outcomes.append((ROOT / "functions/golden_image/undo/sources.py").read_text())
    outcomes.append((ROOT / "functions/golden_image/approval/request.py").read_text())
    words = [
        ("FAILED at ", 0),
        (", roll-back INCOMPLETE", 0),
        ("SUCCEEDED", 2),
        (", source STOPPED", 2),
        (", cleaned up", 1),
        ("stays STOPPED", 3),
        ("approval needed", 4),
    ]
    assert len(subjects) == len(words)
    for text, place in words:
        assert text in outcomes[place]
        assert any(text in subject for subject in subjects), text


def test_the_lines_of_the_messages_are_the_workflow_s() -> None:
    texts = {
        "SUCCEEDED": STATES["Describe Completion"]["Assign"]["text"],
        "FAILED": STATES["Describe Failure"]["Assign"]["text"],
        "cleaned": STATES["Describe Clean-Up"]["Assign"]["text"],
    }
    for subject, lines, *_ in rows(page("docs/reference/output.md").section("## Notifications")):
        word = next((word for word in texts if word in subject), None)
        if word and not lines.startswith("The same"):
            text = " ".join(texts[word]).replace("$duration", STATES["Describe Run"]["Assign"]["duration"])
            written = re.findall(r"(?<=['n])([A-Z][A-Za-z-]+(?: [a-z]+)*): ", text)
            assert lines.replace(" (of a child)", "").split(", ") == written
    for field in ("Failing state", "Error", "Cause", "Roll-back", "Duration", "What to do"):
        assert f'"{field}"' in PAGE.text


def test_the_advice_of_a_message_is_that_of_this_page() -> None:
    told = STATES[advice.STATE]["Assign"]["advice"]
    assert told == failure_page.advice(), "run make docs"
    assert named("### Refused: nothing was changed").keys() | named(
        "### Failed: undone by the roll-back"
    ).keys() | named(NO_ANSWER).keys() == told.keys() - {"other"} | {"KeyError"}


def test_the_endings_of_a_cause_are_the_workflow_s() -> None:
    code = json.dumps(STATES)
    for module in ("undo/undo.py", "source/returns.py", "group/template_removal.py"):
        code += (ROOT / "functions/golden_image" / module).read_text()
    assert "' Roll-back: ' & $substring($rollBack, 0, 8000) & '.'" in STATES["Refresh Failed"]["Cause"]
    endings = [row[0].strip("`") for row in rows(PAGE.section("## Find the run"))]
    assert len(endings) == 13
    for ending in endings:
        for words in ending.removeprefix("Roll-back: ").replace("i-…", ";").split(";"):
            told = words.strip("….:() ").split("…")[0].removeprefix("is still stopped")
            assert told in code, ending


def test_the_parts_of_an_incomplete_roll_back_are_the_code_s() -> None:
    code = (ROOT / "functions/golden_image/undo/undo.py").read_text()
    part = r'^ +(?:_try\(|\w+ = )?f?"([^"]+)"(?:: lambda|, lambda|$)'
    parts = re.findall(part, code[code.index("def _pass(") : code.index("def _try(")], re.MULTILINE)
    assert len(parts) == 6
    section = PAGE.section("## An incomplete roll-back")
    assert [
        p
        for p in parts
        if f"`{re.sub(r'\{[^}]+\}', '…', p).replace('source …', 'source i-…')}`" not in section
    ] == []


def test_the_age_of_a_timed_out_run_is_the_state_machine_s() -> None:
    assert f"A run lasted {DEFINITION['TimeoutSeconds'] // 86_400} days" in PAGE.text


def test_the_sweeper_looks_as_often_as_the_page_says() -> None:
    template = yaml_parse((ROOT / "template.yaml").read_text())
    function = template["Resources"]["SweepRunsFunction"]["Properties"]
    assert function["Events"]["Regularly"]["Properties"]["ScheduleExpression"] == "rate(2 minutes)"
    section = PAGE.section("## The sweeper")
    assert "every two minutes" in section
    settled = polling.SETTLED_AFTER + begin._OUTLIVES
    assert f"{settled} seconds or more after the undo began" in section
    assert f"The undo therefore waits {begin._OUTLIVES} seconds before its first pass" in section
    chapter = " ".join(page("docs/reference/chapters/undo.md").text.split())
    assert f"Waits {begin._OUTLIVES} seconds" in chapter
    assert f"finds nothing {polling.SETTLED_AFTER} seconds or more after the first one" in chapter
