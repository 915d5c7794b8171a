"""TestState does as it does on AWS, by what LocalStack's authors have recorded there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.client import Client

ERROR = {"errorOutput": {"error": "Known", "cause": "why"}}
TASK = {
    "Type": "Task",
    "QueryLanguage": "JSONata",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Arguments": {"FunctionName": "f", "Payload": "{% $states.input %}"},
    "End": True,
}
RETRY = [{"ErrorEquals": ["Known"], "IntervalSeconds": 1, "MaxAttempts": 5, "BackoffRate": 2.0}]
CATCH = [
    {"ErrorEquals": ["Other"], "Next": "A"},
    {"ErrorEquals": ["Known"], "Next": "B", "Assign": {"b": "{% $states.errorOutput.Cause & $a %}"}},
]


@pytest.fixture
def ask(sandbox: Client) -> Callable[..., dict[str, Any]]:
    """Test a state; what is no text is given as JSON."""
    client = boto3.client(
        "stepfunctions",
        endpoint_url=sandbox.endpoints.aws,
        region_name=sandbox.endpoints.region,
        config=Config(inject_host_prefix=False),
    )

    def asked(definition: dict[str, Any], level: str = "DEBUG", **more: Any) -> dict[str, Any]:
        for name in {"input", "variables", "context"} & more.keys():
            more[name] = json.dumps(more[name])
        answer = client.test_state(definition=json.dumps(definition), inspectionLevel=level, **more)
        del answer["ResponseMetadata"]
        return answer  # type: ignore[no-any-return]

    return asked


def test_an_error_is_retriable_until_its_attempts_are_used_up(ask: Callable[..., dict[str, Any]]) -> None:
    state = {**TASK, "Retry": RETRY}
    last = ask(state, mock=ERROR, stateConfiguration={"retrierRetryCount": 4})
    after = ask(state, mock=ERROR, stateConfiguration={"retrierRetryCount": 5})

    assert (last["status"], last["error"], last["cause"]) == ("RETRIABLE", "Known", "why")
    assert last["inspectionData"]["errorDetails"] == {"retryIndex": 0, "retryBackoffIntervalSeconds": 16}
    assert after["status"] == "FAILED"
    assert after["inspectionData"]["errorDetails"] == {"retryIndex": 0}


def test_a_caught_error_leads_on_with_what_the_catch_assigns(ask: Callable[..., dict[str, Any]]) -> None:
    answer = ask({**TASK, "Catch": CATCH}, mock=ERROR, input={"i": 1}, variables={"a": "!"})

    assert (answer["status"], answer["nextState"]) == ("CAUGHT_ERROR", "B")
    assert json.loads(answer["output"]) == {"Error": "Known", "Cause": "why"}
    assert answer["inspectionData"]["errorDetails"] == {"catchIndex": 1}
    assert json.loads(answer["inspectionData"]["variables"]) == {"a": "!", "b": "why!"}
    assert json.loads(answer["inspectionData"]["afterArguments"]) == {
        "FunctionName": "f",
        "Payload": {"i": 1},
    }


def test_a_mocked_result_is_the_tasks(ask: Callable[..., dict[str, Any]]) -> None:
    state = {**TASK, "Output": "{% $states.result.Payload %}"}
    answer = ask(state, mock={"result": '{"Payload": "done"}'}, input={"i": 1})

    assert (answer["status"], answer["output"]) == ("SUCCEEDED", '"done"')
    assert json.loads(answer["inspectionData"]["result"]) == {"Payload": "done"}


def test_at_level_info_nothing_more_is_shown(ask: Callable[..., dict[str, Any]]) -> None:
    answer = ask({"Type": "Fail", "Error": "E", "Cause": "c"}, level="INFO")

    assert answer == {"status": "FAILED", "error": "E", "cause": "c"}


def test_a_state_of_a_state_machine_is_tested_by_its_name(ask: Callable[..., dict[str, Any]]) -> None:
    states = {
        "First": {"Type": "Pass", "Next": "Second", "Output": "{% $states.context.State.Name %}"},
        "Second": {"Type": "Succeed", "Output": "{% $states.context.Execution.Input.i %}"},
    }
    definition = {"QueryLanguage": "JSONata", "StartAt": "First", "States": states}

    first = ask(definition, stateName="First")
    assert (first["output"], first["nextState"]) == ('"First"', "Second")
    assert ask(definition, stateName="Second", input={"i": 7})["output"] == "7"
    with pytest.raises(ClientError, match=r"\(ValidationException\).*State not found in definition"):
        ask(definition, stateName="Third")


def test_a_mocked_context_object_is_taken_as_it_is(ask: Callable[..., dict[str, Any]]) -> None:
    state = {**TASK, "Output": "{% $states.context.Execution %}"}
    answer = ask(state, mock={"result": "{}"}, context={"Execution": {"Id": "me"}, "State": {}})

    assert json.loads(answer["output"]) == {"Id": "me"}


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ({"Execution": {"Id": 1}}, "Execution.Id must be a string"),
        ({"Map": {}}, "'Map' field is not supported when mocking a Context object"),
        ({"Execution": {"pokemon": "x"}}, "Field 'pokemon' is not allowed"),
        ({"Pokedex": {}}, "Field 'Pokedex' is not allowed"),
        ({"Task": {"Token": "t"}}, "Context object contains 'Task' when state is not a Task state with"),
    ],
)
def test_a_context_object_has_the_fields_that_there_are(
    ask: Callable[..., dict[str, Any]], context: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError, match=r"\(ValidationException\)") as refused:
        ask(TASK, mock={"result": "{}"}, context=context)

    assert f"Invalid Context object provided: {said}" in refused.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("state", "more", "said"),
    [
        ({"Type": "Pass", "End": True}, {"mock": ERROR}, "State type 'Pass' is not supported when a mock"),
        (
            TASK,
            {"mock": {**ERROR, "result": "{}"}},
            "A test mock should have only one of the following fields",
        ),
        (TASK, {"mock": {"result": "{"}}, "Mocked result must be valid JSON"),
        (TASK, {"mock": ERROR, "revealSecrets": True}, "TestState does not support RevealSecrets"),
        (TASK, {}, "RoleArn must be specified when testing a Task state"),
    ],
)
def test_what_aws_refuses_is_refused(
    ask: Callable[..., dict[str, Any]], state: dict[str, Any], more: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError, match=r"\(ValidationException\)") as refused:
        ask(state, **more)

    assert refused.value.response["Error"]["Message"].startswith(said)


def test_a_type_that_there_is_not_is_an_invalid_definition(ask: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(ClientError, match=r"\(InvalidDefinition\).*The field 'Type' should have one of"):
        ask({"Type": "Tusk"})


@pytest.mark.parametrize(
    ("resource", "result", "said"),
    [
        ("events:putEvents", {"Entries": "x"}, "Field 'Entries' must be an array"),
        ("events:putEvents", {"Entries": [{}, {"EventId": 1}]}, "Field 'EventId' must be a string"),
        ("states:startExecution", {"StartDate": "x"}, "Required field 'ExecutionArn' is missing"),
        (
            "states:startExecution",
            {"ExecutionArn": "x", "StartDate": True},
            "Field 'StartDate' must be a string",
        ),
        ("lambda:invoke", {"StatusCode": "200"}, "Field 'StatusCode' must be a number"),
        ("aws-sdk:s3:getObject", {"StorageClass": "x"}, "Field 'StorageClass' is not an expected value"),
        (
            "aws-sdk:lambda:getFunction",
            {"Configuration": {"MemorySize": 1}},
            "Field 'MemorySize' is less than the",
        ),
        (
            "aws-sdk:kms:encrypt",
            {"CiphertextBlob": ""},
            "Field 'CiphertextBlob' is smaller than the minimum length",
        ),
    ],
)
def test_a_mocked_result_conforms_to_the_api(
    ask: Callable[..., dict[str, Any]], resource: str, result: dict[str, Any], said: str
) -> None:
    state = {**TASK, "Resource": f"arn:aws:states:::{resource}"}
    with pytest.raises(ClientError, match=r"\(ValidationException\)") as refused:
        ask(state, mock={"result": json.dumps(result)})

    assert f"Mock result schema validation error: {said}" in refused.value.response["Error"]["Message"]
    unchecked = ask(state, mock={"result": json.dumps(result), "fieldValidationMode": "NONE"})
    assert json.loads(unchecked["output"]) == result


def test_mode_present_takes_a_result_without_what_is_required(ask: Callable[..., dict[str, Any]]) -> None:
    state = {**TASK, "Resource": "arn:aws:states:::states:startExecution"}

    assert ask(state, mock={"result": "{}", "fieldValidationMode": "PRESENT"})["status"] == "SUCCEEDED"


def test_a_field_that_the_api_does_not_have_is_taken(ask: Callable[..., dict[str, Any]]) -> None:
    assert ask(TASK, mock={"result": '{"random": "json"}'})["output"] == '{"random":"json"}'
