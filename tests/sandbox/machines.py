"""State machines of a test's own: starting them, and what their runs did."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.client import Client
    from sandbox.executions import Run

# Longer than any test waits: 600 virtual seconds are six real ones.
LONG_WAIT = {"Type": "Wait", "Seconds": 6000, "End": True}


def until[T](find: Callable[[], T], seconds: float = 120) -> T:
    """What `find` answers, when it is something."""
    deadline = time.monotonic() + seconds
    while not (found := find()):
        assert time.monotonic() < deadline, "never happened"
        time.sleep(0.05)
    return found


def start(sandbox: Client, machine_arn: str, **more: Any) -> str:
    arn: str = sandbox.aws("stepfunctions").start_execution(stateMachineArn=machine_arn, **more)[
        "executionArn"
    ]
    return arn


def run(sandbox: Client, machine_arn: str, run_input: object = None) -> Run:
    return sandbox.wait(start(sandbox, machine_arn, input=json.dumps(run_input or {})))


def event_types(sandbox: Client, arn: str) -> list[str]:
    return [event["type"] for event in sandbox.history(arn)]


def plan_function(sandbox: Client) -> str:
    """A function that fails with a named error for an empty event."""
    return function(sandbox, "PlanRefreshFunction")


def function(sandbox: Client, logical_id: str) -> str:
    name: str = sandbox.aws("cloudformation").describe_stack_resource(
        StackName=sandbox.endpoints.stackName, LogicalResourceId=logical_id
    )["StackResourceDetail"]["PhysicalResourceId"]
    arn: str = sandbox.aws("lambda").get_function_configuration(FunctionName=name)["FunctionArn"]
    return arn


def received(sandbox: Client, url: str) -> list[Any]:
    """The messages of a queue."""
    messages = sandbox.aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


def task(sandbox: Client, **more: Any) -> dict[str, Any]:
    """A state that invokes the planning function with an input that it refuses."""
    arguments = {"FunctionName": plan_function(sandbox), "Payload": {"run": "r", "input": {"no": "such"}}}
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": arguments, **more}
