"""One question to TestState, and what it answers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from tools.project import definition, machine, template

# The run that mocked context objects are of.
RUN = "arn:aws:states:us-east-1:123456789012:execution:golden-image:nightly-1"
ENTERED = "2026-11-29T09:10:00.000Z"
STARTED = "2026-11-29T09:00:00.000Z"
TOKEN = "AQCkAAAAKgAAAAM"
TOPIC = "arn:aws:sns:us-east-1:123456789012:golden-image"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")


@dataclass(frozen=True)
class Answer:
    """What TestState answered."""

    status: str
    next_state: str | None
    output: Any
    error: str | None
    cause: str | None
    arguments: Any
    """Of a task: what its service would get."""
    variables: dict[str, Any]
    """All of them, after the state."""
    details: dict[str, int]
    """retryIndex, retryBackoffIntervalSeconds, catchIndex."""


class Tester:
    """Asks about one state after another."""

    def __init__(self, client: Any) -> None:
        """By a boto3 client of Step Functions."""
        self._client = client

    def ask(
        self,
        workflow: str,
        state: str,
        *,
        run_input: dict[str, Any],
        variables: dict[str, Any],
        mock: dict[str, Any] | None = None,
        retries: int = 0,
    ) -> Answer:
        """Test a state.

        Args:
            workflow: the name of its definition's file.
            state: its name.
            run_input: the execution's, and the state's.
            variables: on entry.
            mock: of a task, `{"result": ...}` or `{"errorOutput": {"error": ..., "cause": ...}}`.
            retries: so many attempts of the error's Retry have been made.
        """
        mocked: dict[str, Any] = {}
        if mock is not None:
            resource = definition(workflow)["States"][state]["Resource"]
            mocked = {"mock": _as_json(mock), "context": json.dumps(context(state, run_input, resource))}
        if retries:
            mocked["stateConfiguration"] = {"retrierRetryCount": retries}
        answer = self._client.test_state(
            definition=filled(workflow),
            stateName=state,
            input=json.dumps(run_input),
            variables=json.dumps(variables),
            inspectionLevel="DEBUG",
            **mocked,
        )
        inspection = answer.get("inspectionData", {})
        return Answer(
            status=answer["status"],
            next_state=answer.get("nextState"),
            output=_loaded(answer.get("output")),
            error=answer.get("error"),
            cause=answer.get("cause"),
            arguments=_loaded(inspection.get("afterArguments")),
            variables=_loaded(inspection.get("variables")) or {},
            details=inspection.get("errorDetails", {}),
        )


def _as_json(mock: dict[str, Any]) -> dict[str, Any]:
    """The mock as the API takes it, unchecked.

    The API models call the Payload of lambda:invoke and the Output of startExecution.sync:2 text; to a task
    they are JSON.
    """
    if "result" not in mock:
        return mock
    return {"result": json.dumps(mock["result"]), "fieldValidationMode": "NONE"}


def _loaded(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def context(state: str, run_input: dict[str, Any], resource: str = "") -> dict[str, Any]:
    """The context object of a mocked state; those of others are TestState's own."""
    waits = {"Task": {"Token": TOKEN}} if resource.endswith(".waitForTaskToken") else {}
    return {
        **waits,
        "Execution": {
            "Id": RUN,
            "Input": run_input,
            "Name": RUN.rpartition(":")[2],
            "RoleArn": "arn:aws:iam::123456789012:role/golden-image",
            "StartTime": STARTED,
        },
        "State": {"Name": state, "EnteredTime": ENTERED, "RetryCount": 0},
        "StateMachine": {
            "Id": "arn:aws:states:us-east-1:123456789012:stateMachine:golden-image",
            "Name": "golden-image",
        },
    }


@cache
def filled(workflow: str) -> str:
    """A definition's text as it is deployed, its substitutions replaced by legal values."""
    text = json.dumps(definition(workflow))
    for name in template()["Resources"][machine(workflow)]["Properties"]["DefinitionSubstitutions"]:
        text = text.replace("${" + name + "}", substitution(name))
    assert "${" not in text
    return text


def substitution(name: str) -> str:
    """A value for one of the template's DefinitionSubstitutions."""
    fixed = {"Partition": "aws", "NotificationTopicArn": TOPIC, "StackName": "images"}
    if name in fixed:
        return fixed[name]
    if name.endswith("FunctionArn"):
        return f"arn:aws:lambda:us-east-1:123456789012:function:{name.removesuffix('Arn')}:1"
    assert name.endswith("Arn"), f"no value for {name}"
    return f"arn:aws:states:us-east-1:123456789012:stateMachine:{name.removesuffix('Arn')}:1"


def matches(expected: Any, actual: Any) -> bool:
    """Whether two values are the same; `<any>` is any value, `<time>` any time, `<text>` any text.

    An expected text with `<text>` in it is any text that has the parts around it.
    """
    if isinstance(expected, dict):
        return (
            isinstance(actual, dict)
            and expected.keys() == actual.keys()
            and all(matches(expected[key], actual[key]) for key in expected)
        )
    if isinstance(expected, list):
        return (
            isinstance(actual, list) and len(expected) == len(actual) and all(map(matches, expected, actual))
        )
    if expected == "<any>":
        return True
    if expected == "<time>":
        return isinstance(actual, str) and bool(_TIME.fullmatch(actual))
    if isinstance(expected, str) and "<text>" in expected:
        parts = ".*".join(map(re.escape, expected.split("<text>")))
        return isinstance(actual, str) and bool(re.fullmatch(parts, actual, re.DOTALL))
    return bool(expected == actual) and isinstance(expected, bool) == isinstance(actual, bool)
