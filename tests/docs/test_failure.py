"""docs/failure.md names every way in which a run can end badly, in the words of the code."""

from __future__ import annotations

import json
import re

from samtranslator.yaml_helper import yaml_parse

from golden_image import errors, polling
from golden_image.errors import CallerError, GoldenImageError, TryAgain
from golden_image.undo import begin
from tests.docs.markdown import ROOT, definitions, page, rows, states

PAGE = page("docs/failure.md")
DEFINITION = definitions()["golden_image_refresh"]
STATES = states()
# The errors of Step Functions that no Retry or Catch matches, and the statuses of runs ended from outside.
UNCAUGHT = {"States.Runtime", "States.DataLimitExceeded", "ABORTED", "TIMED_OUT"}


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
    table = rows(page("docs/api.md").section("## Errors"))
    assert {row[0].strip("`"): row[1] for row in table} == kinds(of_callers=True)


def test_every_error_of_lambda_that_the_workflow_knows_is_explained() -> None:
    retried = {
        name
        for state in STATES.values()
        for retrier in state.get("Retry", [])
        for name in retrier["ErrorEquals"]
        if "." in name and name != "States.TaskFailed"
    }
    assert retried <= named("### A function or a child workflow gave no answer").keys()


def test_every_end_that_no_state_catches_is_explained_and_swept() -> None:
    assert named("### Ends that no state can catch").keys() == UNCAUGHT
    template = yaml_parse((ROOT / "template.yaml").read_text())
    events = template["Resources"]["SweepRunsFunction"]["Properties"]["Events"]
    # States.Runtime and States.DataLimitExceeded end a run FAILED.
    assert set(events["RunEnded"]["Properties"]["Pattern"]["detail"]["status"]) == {
        "ABORTED",
        "FAILED",
        "TIMED_OUT",
    }


def test_every_alarm_and_message_is_in_the_list_of_what_wakes_people() -> None:
    listed = PAGE.section("## Messages and alarms")
    template = yaml_parse((ROOT / "template.yaml").read_text())
    alarms = [name for name, r in template["Resources"].items() if r["Type"] == "AWS::CloudWatch::Alarm"]
    assert [name for name in alarms if f"`{name}`" not in listed] == []
    subject = STATES["Notify Failure"]["Arguments"]["Subject"]
    assert f'"{subject}"' in listed
    cleaned = STATES["Notify Clean-Up"]["Arguments"]["Subject"]
    assert f'"{cleaned}"' in listed


def test_the_fields_of_the_message_are_the_workflow_s() -> None:
    message = STATES["Notify Failure"]["Arguments"]["Message"]
    for field in ("run", "input", "error", "cause", "rollBack"):
        assert f"'{field}':" in message
        assert f"`{field}`" in PAGE.text


def test_the_endings_of_a_cause_are_the_workflow_s() -> None:
    code = json.dumps(STATES) + (ROOT / "functions/golden_image/undo/undo.py").read_text()
    assert "' Roll-back: ' & $substring($rollBack, 0, 8000) & '.'" in STATES["Refresh Failed"]["Cause"]
    endings = [row[0].strip("`") for row in rows(PAGE.section("## Find the run"))]
    assert len(endings) == 5
    for ending in endings:
        words = ending.removeprefix("Roll-back: ").strip("….:;() ").split("…")[0]
        assert words in code, ending


def test_the_parts_of_an_incomplete_roll_back_are_the_code_s() -> None:
    code = (ROOT / "functions/golden_image/undo/undo.py").read_text()
    parts = re.findall(r'^ +f?"([^"]+)": _\w+,$', code, re.MULTILINE)
    assert len(parts) == 4
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
    chapter = page("docs/chapters/undo.md").text
    assert f"Waits {begin._OUTLIVES} seconds" in chapter
    assert f"finds nothing {polling.SETTLED_AFTER} seconds or more after the first one" in chapter
