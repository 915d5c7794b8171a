"""What a run says of its failure, whatever cause Step Functions hands over: a Pass catches nothing."""

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


def lambda_cause(message: str) -> str:
    return json.dumps({"errorMessage": message, "errorType": "SourceLost", "stackTrace": ["a.py"]})


def evaluated(text: str, name: str, value: object) -> str:
    expression = jsonata.Jsonata(text.removeprefix("{%").removesuffix("%}").strip())
    expression.register_lambda("parse", json.loads)
    frame = expression.create_frame()
    frame.bind(name, value)
    return str(expression.evaluate(None, frame))


def first(cause: str | None) -> str:
    failure = {"Error": "Any"} if cause is None else {"Error": "Any", "Cause": cause}
    return evaluated(STATES["Note Failure"]["Assign"]["firstCause"], "failure", failure)


def of_roll_back(cause: str | None) -> str:
    output = {"Error": "Any"} if cause is None else {"Error": "Any", "Cause": cause}
    text = STATES["Roll Back"]["Catch"][0]["Assign"]["rollBack"]
    return evaluated(text, "states", {"errorOutput": output})


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (lambda_cause("i-1 is terminated"), "i-1 is terminated"),
        (NO_TYPE, NO_TYPE),
        ("plain words", "plain words"),
        (None, ""),
    ],
)
def test_a_cause_is_told_in_words(cause: str | None, said: str) -> None:
    assert first(cause) == said
    assert of_roll_back(cause) == f"INCOMPLETE: Any: {said}"


def test_a_cause_that_step_functions_has_cut_is_no_error() -> None:
    cut = lambda_cause("x" * LONGEST_CAUSE)[:LONGEST_CAUSE]
    assert first(cut).startswith('{"errorMessage": "xxx')
    assert of_roll_back(cut).startswith('INCOMPLETE: Any: {"errorMessage": "xxx')


def test_both_causes_together_fit_the_run_s_own() -> None:
    longest = lambda_cause("x" * (LONGEST_CAUSE - 100))
    assert len(first(longest)) + len(of_roll_back(longest)) < LONGEST_CAUSE
