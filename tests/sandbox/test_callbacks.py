"""A task that waits for a task token meets what AWS does.

What is compared with literal values was recorded from AWS by LocalStack's authors.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.machines import event_types, function, plan_function, start, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.client import Client

type Machine = Callable[..., str]

CAUGHT = {"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "Caught"}


def waiting(function_arn: str, **more: Any) -> dict[str, Any]:
    """States of which the first waits for its token, and what it fails with is the output."""
    arguments = {"FunctionName": function_arn, "Payload": {"token": "{% $states.context.Task.Token %}"}}
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": arguments,
        "Catch": [CAUGHT],
        "End": True,
        **more,
    }
    return {"Ask": ask, "Caught": {"Type": "Succeed"}}


def tokens(sandbox: Client, arn: str) -> list[str]:
    """The tokens of an execution's attempts, once each has been handed on."""
    scheduled = [e for e in sandbox.history(arn) if e["type"] == "TaskScheduled"]
    told = [json.loads(e["taskScheduledEventDetails"].get("parameters", "{}")) for e in scheduled]
    return [one["Payload"]["token"] for one in told if "Payload" in one]


def submitted(sandbox: Client, arn: str) -> str:
    """The token of an execution whose task waits."""
    until(lambda: "TaskSubmitted" in event_types(sandbox, arn))
    return tokens(sandbox, arn)[-1]


def code_of(call: Callable[..., object], **arguments: str) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return str(refused.value.response["Error"]["Code"])


def test_a_task_goes_on_with_the_output_that_its_token_is_sent(sandbox: Client, machine: Machine) -> None:
    arn = start(sandbox, machine(waiting(function(sandbox, "GetOpenapiFunction"))))
    token = submitted(sandbox, arn)

    sandbox.stepfunctions.send_task_success(taskToken=token, output=json.dumps({"by": "me"}))
    done = sandbox.wait(arn)

    assert (done.status, done.output) == ("SUCCEEDED", {"by": "me"})
    kinds = event_types(sandbox, arn)
    assert kinds[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    [told] = [e["taskSubmittedEventDetails"] for e in sandbox.history(arn) if e["type"] == "TaskSubmitted"]
    assert (told["resourceType"], told["resource"]) == ("lambda", "invoke.waitForTaskToken")
    assert json.loads(told["output"])["Payload"]["statusCode"] == 200


def test_a_task_fails_as_its_token_is_told(sandbox: Client, machine: Machine) -> None:
    arn = start(sandbox, machine(waiting(function(sandbox, "GetOpenapiFunction"))))
    token = submitted(sandbox, arn)

    sandbox.stepfunctions.send_task_failure(taskToken=token, error="NotToday", cause="it rains")

    assert sandbox.wait(arn).output == {"Error": "NotToday", "Cause": "it rains"}


def test_a_task_that_fails_without_a_reason_has_neither_error_nor_cause(
    sandbox: Client, machine: Machine
) -> None:
    arn = start(sandbox, machine(waiting(function(sandbox, "GetOpenapiFunction"))))
    token = submitted(sandbox, arn)

    sandbox.stepfunctions.send_task_failure(taskToken=token)

    assert sandbox.wait(arn).output == {"Error": None, "Cause": None}
    [told] = [e["taskFailedEventDetails"] for e in sandbox.history(arn) if e["type"] == "TaskFailed"]
    assert told == {"resourceType": "lambda", "resource": "invoke.waitForTaskToken"}


def test_the_function_s_own_error_fails_the_task_and_the_next_attempt_has_another_token(
    sandbox: Client, machine: Machine
) -> None:
    again = {"ErrorEquals": ["InvalidInput"], "IntervalSeconds": 1, "MaxAttempts": 1, "BackoffRate": 1}
    arn = start(sandbox, machine(waiting(plan_function(sandbox), Retry=[again])))

    done = sandbox.wait(arn)

    assert done.output["Error"] == "InvalidInput"
    first, second = tokens(sandbox, arn)
    assert first != second
    assert "TaskSubmitted" not in event_types(sandbox, arn)


def test_a_task_waits_no_longer_than_an_expression_says(sandbox: Client, machine: Machine) -> None:
    asked = waiting(function(sandbox, "GetOpenapiFunction"), TimeoutSeconds="{% 2 * 30 %}")
    arn = start(sandbox, machine(asked))
    token = submitted(sandbox, arn)

    done = sandbox.wait(arn)

    assert done.output["Error"] == "States.Timeout"
    assert "TaskTimedOut" in event_types(sandbox, arn)
    [told] = [e["taskScheduledEventDetails"] for e in sandbox.history(arn) if e["type"] == "TaskScheduled"]
    assert told["timeoutInSeconds"] == 60
    steps = sandbox.stepfunctions
    assert code_of(steps.send_task_success, taskToken=token, output="{}") == "TaskTimedOut"


def test_a_token_takes_one_answer(sandbox: Client, machine: Machine) -> None:
    arn, steps = (
        start(sandbox, machine(waiting(function(sandbox, "GetOpenapiFunction")))),
        sandbox.stepfunctions,
    )
    token = submitted(sandbox, arn)

    assert code_of(steps.send_task_success, taskToken=token, output="{") == "InvalidOutput"
    assert code_of(steps.send_task_success, taskToken="of nobody", output="{}") == "InvalidToken"
    steps.send_task_success(taskToken=token, output="1")
    assert code_of(steps.send_task_failure, taskToken=token, error="Late") == "TaskTimedOut"
    assert sandbox.wait(arn).output == 1


def test_an_execution_that_is_stopped_waits_no_more(sandbox: Client, machine: Machine) -> None:
    arn = start(sandbox, machine(waiting(function(sandbox, "GetOpenapiFunction"))))
    token = submitted(sandbox, arn)

    sandbox.stepfunctions.stop_execution(executionArn=arn)

    assert code_of(sandbox.stepfunctions.send_task_success, taskToken=token, output="1") == "TaskTimedOut"
    assert event_types(sandbox, arn)[-1] == "ExecutionAborted"


def test_a_role_without_the_right_to_invoke_asks_nobody(
    sandbox: Client, machine: Machine, role: Callable[..., str]
) -> None:
    asked = waiting(function(sandbox, "GetOpenapiFunction"))
    arn = start(sandbox, machine(asked, role_arn=role()))

    assert sandbox.wait(arn).output["Error"] == "Lambda.AWSLambdaException"
