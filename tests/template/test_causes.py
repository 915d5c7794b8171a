"""The failure of a run is explained for any cause of Step Functions: a Pass catches nothing."""

from __future__ import annotations

import json
from typing import Any

import jsonata
import pytest

from tools.project import definition

STATES: dict[str, Any] = definition()["States"]
LONGEST_CAUSE = 32_768  # of an execution or a task, in Step Functions' API
NO_TYPE = (
    "The cause could not be determined because Lambda did not return an error type. "
    'Returned payload: {"errorMessage":"2026-11-22T03:00:00Z Task timed out after 60.00 seconds"}'
)
UNDONE = {"run": "a", "rollBack": "nothing of the run is left"}
NO_TEXTS = {"source": "not a text", "rollout": "not a text"}
CHILD = "arn:aws:states:us-east-1:123456789012:execution:RollOut:roll-out-1-ab"


def lambda_cause(message: str) -> str:
    return json.dumps({"errorMessage": message, "errorType": "SourceLost", "stackTrace": ["a.py"]})


def child_cause(**fields: str) -> str:
    """What startExecution.sync:2 says of a child that did not succeed."""
    return json.dumps({**fields, "ExecutionArn": CHILD, "Input": '{"run":"a"}', "Status": "FAILED"})


def evaluated(text: str, /, **variables: object) -> Any:
    if not text.startswith("{%"):
        return text
    expression = jsonata.Jsonata(text.removeprefix("{%").removesuffix("%}").strip())
    expression.register_lambda("parse", json.loads)
    frame = expression.create_frame()
    for name, value in variables.items():
        frame.bind(name, value)
    return expression.evaluate(None, frame)


def caught(state: str, error: str, cause: str | None) -> dict[str, Any]:
    """The variable that a state's catcher makes of an error."""
    output = {"Error": error} if cause is None else {"Error": error, "Cause": cause}
    assigned = STATES[state]["Catch"][-1]["Assign"]
    text = assigned.get("failure") or assigned["undo"]
    states = {"errorOutput": output, "context": {"State": {"Name": state}}}
    return dict(evaluated(text, states=states))


def explained(failure: dict[str, Any], undo: dict[str, Any] | None = None) -> dict[str, Any]:
    """What Explain Failure makes of both errors; of an undo that succeeded there is none."""
    texts, undo = STATES["Explain Failure"]["Assign"], undo or UNDONE
    return {name: evaluated(texts[name], failure=failure, undo=undo) for name in ("cause", "rollBack")}


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (lambda_cause("i-1 is terminated"), "i-1 is terminated"),
        (NO_TYPE, NO_TYPE),
        ("plain words", "plain words"),
        (None, ""),
        ('{"a": "json of somebody else"}', '{"a": "json of somebody else"}'),
    ],
)
def test_a_cause_is_told_in_words(cause: str | None, said: str) -> None:
    failure = caught("Stop Source", "Any", cause)
    undo = caught("Undo", "Any", cause)
    assert explained(failure) == {"cause": said, "rollBack": "nothing of the run is left"}
    assert explained(failure, undo)["rollBack"] == f"INCOMPLETE: Any: {said}"


@pytest.mark.parametrize("state", ["Roll Out", "Undo"])
def test_a_child_s_error_is_told_as_if_it_were_the_run_s_own(state: str) -> None:
    cause = child_cause(Error="DrainTimedOut", Cause=lambda_cause("'web' still has 1 instance"))
    failure = caught(state, "States.TaskFailed", cause)
    assert failure["Error"] == "DrainTimedOut"
    assert explained(failure)["cause"] == "'web' still has 1 instance"
    assert explained(failure, failure)["rollBack"] == "INCOMPLETE: DrainTimedOut: 'web' still has 1 instance"


@pytest.mark.parametrize("state", ["Roll Out", "Undo"])
def test_a_child_that_ended_without_an_error_is_told_as_step_functions_describes_it(state: str) -> None:
    cause = child_cause()
    failure = caught(state, "States.TaskFailed", cause)
    assert failure["Error"] == "States.TaskFailed"
    assert explained(failure)["cause"] == cause


@pytest.mark.parametrize("state", ["Roll Out", "Undo"])
def test_a_child_that_was_never_started_is_told_in_words(state: str) -> None:
    failure = caught(state, "StepFunctions.ExecutionAlreadyExistsException", "Execution Already Exists: 'x'")
    assert failure["Error"] == "StepFunctions.ExecutionAlreadyExistsException"
    assert explained(failure)["cause"] == "Execution Already Exists: 'x'"
    assert caught(state, "States.Timeout", None).items() >= {"Error": "States.Timeout", "Cause": ""}.items()


def test_a_cause_that_step_functions_has_cut_is_no_error() -> None:
    cut = lambda_cause("x" * LONGEST_CAUSE)[:LONGEST_CAUSE]
    said = explained(caught("Stop Source", "Any", cut), caught("Undo", "Any", cut))
    assert said["cause"].startswith('{"errorMessage": "xxx')
    assert said["rollBack"].startswith('INCOMPLETE: Any: {"errorMessage": "xxx')
    of_child = child_cause(Error="Any", Cause="x" * LONGEST_CAUSE)[:LONGEST_CAUSE]
    assert caught("Roll Out", "States.TaskFailed", of_child)["Error"] == "States.TaskFailed"


@pytest.mark.parametrize(
    ("given", "about"),
    [
        ({}, {}),
        ({"dryRun": True, "SourceInstanceId": "i-1"}, {}),
        ({"sourceInstanceId": "i-1", "group": {}}, {"source": "i-1"}),
        ({"rollout": "drain", "autoScalingGroupName": "web"}, {"rollout": "drain", "group": "web"}),
        ({"autoScalingGroupName": None, "rollout": 5}, {"rollout": "not a text", "group": "not a text"}),
        ({"autoScalingGroupName": {"userData": "hunter2"}}, {"group": "not a text"}),
        ({"sourceInstanceId": ["hunter2"], "rollout": [{"a": "hunter2"}]}, NO_TEXTS),
        ({"autoScalingGroupName": "w" * 300_000}, {"group": "w" * 255}),
        (["i-1"], {}),
        ([{"rollout": "none"}], {"rollout": "none"}),
        ("i-1", {}),
        (None, {}),
    ],
)
def test_of_any_input_only_what_is_no_secret_is_told(given: object, about: dict[str, str]) -> None:
    states = {"context": {"Execution": {"Input": given}}}
    texts = STATES["Plan Refresh"]["Catch"][0]["Assign"]["about"]
    missing = {"group": "the default group", "source": "not stated", "rollout": "not stated"}
    assert {name: evaluated(text, states=states) for name, text in texts.items()} == missing | about


def test_both_causes_together_fit_the_run_s_own() -> None:
    longest = lambda_cause("x" * (LONGEST_CAUSE - 100))
    said = explained(caught("Stop Source", "Any", longest), caught("Undo", "Any", longest))
    whole = evaluated(STATES["Refresh Failed"]["Cause"], **said)
    assert len(whole) < LONGEST_CAUSE
    assert " Roll-back: INCOMPLETE: Any: xxx" in whole


@pytest.mark.parametrize(
    ("cause", "named"),
    [
        (child_cause(Error="SNS.NotFoundException", Cause="no topic"), "SNS.NotFoundException"),
        (child_cause(), "States.TaskFailed"),
        ("plain words", "States.TaskFailed"),
        (None, "States.TaskFailed"),
    ],
)
def test_a_run_that_nobody_was_notified_of_says_why(cause: str | None, named: str) -> None:
    output = {"Error": "States.TaskFailed"} | ({"Cause": cause} if cause else {})
    (caught,) = STATES["Notify Completion"]["Catch"]
    said = evaluated(caught["Assign"]["warnings"], warnings=["one"], states={"errorOutput": output})
    assert said == ["one", f"nobody was notified: {named}"]
