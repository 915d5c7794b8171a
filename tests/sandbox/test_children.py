"""A state machine that starts another by `states:startExecution` meets what AWS does.

What is compared with literal values was recorded from AWS; see
https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from ec2world.wire.trace import root_of
from tests.sandbox.machines import (
    LONG_WAIT,
    event_types,
    function,
    plan_function,
    received,
    run,
    start,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.client import Client
    from sandbox.executions import Run

SYNC = "arn:aws:states:::states:startExecution.sync:2"
SUCCEEDS = {"Done": {"Type": "Succeed", "Output": {"answer": 42}}}
FAILS = {"Fail": {"Type": "Fail", "Error": "Boom", "Cause": "for a test"}}
WAITS = {"Wait": LONG_WAIT}
PARENTS_RIGHTS = (
    "states:StartExecution",
    "states:DescribeExecution",
    "states:StopExecution",
    "events:PutTargets",
    "events:PutRule",
    "events:DescribeRule",
)

type Machine = Callable[..., str]


@pytest.fixture
def parent(machine: Machine, role: Callable[..., str]) -> Callable[..., str]:
    """Make a state machine that calls a child, catches all, and answers what it caught."""

    def make(child: str, *, name: str | None = None, role_arn: str | None = None, **more: Any) -> str:
        arguments = {"StateMachineArn": child, "Input": {"run": "{% $states.context.Execution.Id %}"}}
        named = {"Name": name} if name else {}
        caught = {"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput %}", "Next": "Caught"}
        call = {
            "Type": "Task",
            "Resource": SYNC,
            "Arguments": {**arguments, **named},
            "Catch": [caught],
            "End": True,
        }
        states = {"Call": {**call, **more}, "Caught": {"Type": "Succeed"}}
        return machine(states, role_arn=role_arn or role("lambda:InvokeFunction", *PARENTS_RIGHTS))

    return make


def children(sandbox: Client, machine_arn: str) -> list[dict[str, Any]]:
    """The executions of a state machine, described."""
    steps = sandbox.stepfunctions
    found = steps.list_executions(stateMachineArn=machine_arn)["executions"]
    return [dict(steps.describe_execution(executionArn=one["executionArn"])) for one in found]


def child_of(sandbox: Client, machine_arn: str, status: str = "RUNNING") -> str:
    """The ARN of the one execution of a state machine, when it has this status."""

    def found() -> list[dict[str, Any]]:
        return [one for one in children(sandbox, machine_arn) if one["status"] == status]

    (only,) = until(found)
    arn: str = only["executionArn"]
    return arn


def described(done: Run) -> Any:
    """The child's description, from what its parent caught."""
    assert done.output["Error"] == "States.TaskFailed"
    return json.loads(done.output["Cause"])


def test_a_child_that_succeeds_answers_its_description(
    sandbox: Client, machine: Machine, parent: Machine
) -> None:
    child = machine(SUCCEEDS)

    done = run(sandbox, parent(child, name="only"))

    (one,) = children(sandbox, child)
    assert done.output == {
        "ExecutionArn": one["executionArn"],
        "Input": {"run": done.arn},
        "InputDetails": {"Included": True},
        "Name": "only",
        "Output": {"answer": 42},
        "OutputDetails": {"Included": True},
        "RedriveCount": 0,
        "RedriveStatus": "NOT_REDRIVABLE",
        "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
        "StartDate": round(one["startDate"].timestamp() * 1000),
        "StateMachineArn": child,
        "Status": "SUCCEEDED",
        "StopDate": round(one["stopDate"].timestamp() * 1000),
    }


def test_a_child_that_fails_fails_the_task_with_its_description(
    sandbox: Client, machine: Machine, parent: Machine
) -> None:
    child = machine(FAILS)

    done = run(sandbox, parent(child, name="only"))

    (one,) = children(sandbox, child)
    cause = described(done)
    assert cause == {
        "Cause": "for a test",
        "Error": "Boom",
        "ExecutionArn": one["executionArn"],
        "Input": json.dumps({"run": done.arn}, separators=(",", ":")),
        "InputDetails": {"Included": True},
        "Name": "only",
        "RedriveCount": 0,
        "RedriveStatus": "REDRIVABLE",
        "StartDate": round(one["startDate"].timestamp() * 1000),
        "StateMachineArn": child,
        "Status": "FAILED",
        "StopDate": round(one["stopDate"].timestamp() * 1000),
    }
    assert list(cause) == sorted(cause)


def test_a_child_that_is_aborted_fails_the_task_with_what_the_stop_said(
    sandbox: Client, machine: Machine, parent: Machine
) -> None:
    child = machine(WAITS)
    arn = start(sandbox, parent(child))

    sandbox.stepfunctions.stop_execution(executionArn=child_of(sandbox, child), error="Mine", cause="by hand")

    cause = described(sandbox.wait(arn))
    assert (cause["Status"], cause["Error"], cause["Cause"]) == ("ABORTED", "Mine", "by hand")


def test_a_child_that_times_out_fails_the_task_without_an_error_of_its_own(
    sandbox: Client, machine: Machine, parent: Machine
) -> None:
    cause = described(run(sandbox, parent(machine(WAITS, TimeoutSeconds=20))))

    assert cause["Status"] == "TIMED_OUT"
    assert not {"Error", "Cause"} & cause.keys()


def test_a_catch_by_the_childs_own_error_does_not_match(
    sandbox: Client, machine: Machine, parent: Machine
) -> None:
    by_name = {"ErrorEquals": ["Boom"], "Next": "Caught"}

    done = run(sandbox, parent(machine(FAILS), Catch=[by_name]))

    assert (done.status, done.error) == ("FAILED", "States.TaskFailed")


def test_the_parents_history_names_the_child(sandbox: Client, machine: Machine, parent: Machine) -> None:
    child = machine(FAILS)

    done = run(sandbox, parent(child))

    assert event_types(sandbox, done.arn)[1:6] == [
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskFailed",
    ]
    (submitted,) = [e for e in sandbox.history(done.arn) if e["type"] == "TaskSubmitted"]
    details = submitted["taskSubmittedEventDetails"]
    assert (details["resourceType"], details["resource"]) == ("states", "startExecution.sync:2")
    (one,) = children(sandbox, child)
    assert json.loads(details["output"]) == {
        "ExecutionArn": one["executionArn"],
        "StartDate": round(one["startDate"].timestamp() * 1000),
    }


def test_a_child_is_an_execution_of_its_own(sandbox: Client, machine: Machine, parent: Machine) -> None:
    context = {"Done": {"Type": "Succeed", "Output": "{% $states.context %}"}}
    child = machine(context)

    done = run(sandbox, parent(child, name="only"))

    told = done.output["Output"]["Execution"]
    assert (
        told["Id"] == done.output["ExecutionArn"] == f"{child.replace(':stateMachine:', ':execution:')}:only"
    )
    assert told["Name"] == "only"
    assert told["Input"] == {"run": done.arn}
    assert done.output["Output"]["StateMachine"]["Id"] == child
    assert event_types(sandbox, told["Id"]) == [
        "ExecutionStarted",
        "SucceedStateEntered",
        "SucceedStateExited",
        "ExecutionSucceeded",
    ]


def test_a_childs_end_is_an_event(
    sandbox: Client, machine: Machine, parent: Machine, queue: tuple[str, str]
) -> None:
    child = machine(FAILS)
    events, rule = sandbox.aws("events"), f"rule-{uuid4().hex[:8]}"
    pattern = {"source": ["aws.states"], "detail": {"stateMachineArn": [child], "status": ["FAILED"]}}
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": queue[1]}])

    cause = described(run(sandbox, parent(child)))

    (event,) = until(lambda: received(sandbox, queue[0]))
    events.remove_targets(Rule=rule, Ids=["1"])
    events.delete_rule(Name=rule)
    assert event["detail"]["executionArn"] == cause["ExecutionArn"]


@pytest.mark.parametrize(("name", "error"), [("taken", "ExecutionAlreadyExists"), ("no name", "InvalidName")])
def test_a_start_that_is_refused_has_awss_name_for_it(
    sandbox: Client, machine: Machine, parent: Machine, name: str, error: str
) -> None:
    child = machine(SUCCEEDS)
    start(sandbox, child, name="taken", input='{"of": "another"}')

    assert run(sandbox, parent(child, name=name)).output["Error"] == f"StepFunctions.{error}Exception"


def test_a_state_machine_that_is_not_there_is_named_so(
    sandbox: Client, machine: Machine, parent: Machine
) -> None:
    there = machine(SUCCEEDS)

    done = run(sandbox, parent(f"{there}-not"))

    assert done.output["Error"] == "StepFunctions.StateMachineDoesNotExistException"


def test_a_version_can_be_called(sandbox: Client, machine: Machine, parent: Machine) -> None:
    child = machine(FAILS)
    version = sandbox.stepfunctions.publish_state_machine_version(stateMachineArn=child)[
        "stateMachineVersionArn"
    ]

    cause = described(run(sandbox, parent(version, name="only")))

    assert (cause["StateMachineArn"], cause["StateMachineVersionArn"]) == (child, version)
    assert cause["ExecutionArn"].endswith(":only")


def test_the_same_name_and_input_joins_the_child_that_is_open(
    sandbox: Client, machine: Machine, parent: Machine
) -> None:
    child = machine({"Wait": {"Type": "Wait", "Seconds": 200, "Next": "Done"}, **SUCCEEDS})
    caller = parent(child, name="only")
    call = {"StateMachineArn": child, "Name": "only", "Input": {"a": 1}}
    first, second = (start(sandbox, parent(child, Arguments=call)) for _ in range(2))

    outputs = [sandbox.wait(arn).output for arn in (first, second)]

    assert outputs[0] == outputs[1]
    assert outputs[0]["Output"] == {"answer": 42}
    assert run(sandbox, caller).output["Error"] == "StepFunctions.ExecutionAlreadyExistsException"


@pytest.mark.parametrize("missing", PARENTS_RIGHTS)
def test_a_parent_without_a_right_starts_no_child(
    sandbox: Client, machine: Machine, parent: Machine, role: Callable[..., str], missing: str
) -> None:
    child = machine(SUCCEEDS)
    rest = [right for right in PARENTS_RIGHTS if right != missing]

    done = run(sandbox, parent(child, role_arn=role(*rest)))

    assert done.output["Error"] == "StepFunctions.AWSStepFunctionsException"
    assert f"not authorized to perform: {missing} on resource: " in done.output["Cause"]
    assert children(sandbox, child) == []


def test_a_child_may_do_what_its_own_role_may(
    sandbox: Client, machine: Machine, parent: Machine, role: Callable[..., str]
) -> None:
    invoke = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    arguments = {"FunctionName": plan_function(sandbox), "Payload": {}}
    child = machine({"Invoke": {**invoke, "Arguments": arguments}}, role_arn=role("sns:Publish"))

    cause = described(run(sandbox, parent(child)))

    assert cause["Error"] == "Lambda.AWSLambdaException"


def test_a_parent_that_is_stopped_stops_its_child(sandbox: Client, machine: Machine, parent: Machine) -> None:
    child = machine(WAITS)
    arn = start(sandbox, parent(child))
    running = child_of(sandbox, child)

    sandbox.stop(arn)

    assert child_of(sandbox, child, "ABORTED") == running


def test_a_parent_that_times_out_stops_its_child(sandbox: Client, machine: Machine, parent: Machine) -> None:
    child = machine(WAITS)
    sandbox.faults({"service": "workflow", "action": "Wait", "effect": "timeout"})

    assert sandbox.wait(start(sandbox, parent(child))).status == "TIMED_OUT"
    child_of(sandbox, child, "ABORTED")


def test_a_task_that_times_out_stops_its_child(sandbox: Client, machine: Machine, parent: Machine) -> None:
    child = machine(WAITS)

    done = run(sandbox, parent(child, TimeoutSeconds=30))

    assert done.output["Error"] == "States.Timeout"
    child_of(sandbox, child, "ABORTED")


def test_a_rule_aborts_the_run_in_a_state_of_its_child(
    sandbox: Client, machine: Machine, parent: Machine
) -> None:
    child = machine(WAITS)
    sandbox.faults({"service": "workflow", "action": "Wait", "effect": "abort"})

    assert sandbox.wait(start(sandbox, parent(child))).status == "ABORTED"
    child_of(sandbox, child, "ABORTED")


def test_a_rule_loses_the_attempt_to_stop_the_children(
    sandbox: Client, machine: Machine, parent: Machine
) -> None:
    child = machine({"Wait": {"Type": "Wait", "Seconds": 200, "Next": "Done"}, **SUCCEEDS})
    sandbox.faults({"service": "workflow", "action": "Wait", "effect": "abort", "children": False})

    assert sandbox.wait(start(sandbox, parent(child))).status == "ABORTED"
    child_of(sandbox, child, "SUCCEEDED")


def test_a_rule_aborts_a_child_alone(sandbox: Client, machine: Machine, parent: Machine) -> None:
    rule = {"service": "workflow", "action": "Wait", "effect": "abort", "target": "execution"}
    sandbox.faults(rule)

    assert described(run(sandbox, parent(machine(WAITS))))["Status"] == "ABORTED"


def test_a_rule_kills_the_function_of_a_childs_state(
    sandbox: Client, machine: Machine, parent: Machine
) -> None:
    request = json.loads(Path("events/api/get-openapi.json").read_text())
    arguments = {"FunctionName": function(sandbox, "GetOpenapiFunction"), "Payload": request}
    invoke = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": arguments,
        "End": True,
    }
    caller = parent(machine({"Invoke": invoke}))
    killed = {"service": "workflow", "action": "Invoke", "effect": "kill"}
    sandbox.faults(killed)

    assert described(run(sandbox, caller))["Error"] == "Runtime.ExitError"
    assert run(sandbox, caller).output["Status"] == "SUCCEEDED"


def test_a_rule_for_a_run_is_about_its_children_too(
    sandbox: Client, machine: Machine, parent: Machine
) -> None:
    child = machine(WAITS)
    caller = parent(child)
    arn = f"{caller.replace(':stateMachine:', ':execution:')}:by-a-rule"
    rule = {"service": "workflow", "action": "Wait", "effect": "abort"}
    sandbox.faults(rule | {"run": f"{arn}-not"}, rule | {"run": arn, "role": child.rpartition(":")[2]})

    start(sandbox, caller, name="by-a-rule")

    assert sandbox.wait(arn).status == "ABORTED"
    assert [rule["hits"] for rule in sandbox.control("GET", "faults")] == [0, 1]


def test_an_execution_is_of_the_run_that_its_input_names(
    sandbox: Client, machine: Machine, role: Callable[..., str]
) -> None:
    the_run = run(sandbox, machine(SUCCEEDS)).arn
    last = max((call["n"] for call in sandbox.calls()), default=0)
    publish = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": True}
    arguments = {"TopicArn": sandbox.endpoints.notificationTopicArn, "Message": the_run}
    undo = machine({"Publish": {**publish, "Arguments": arguments}}, role_arn=role("sns:Publish"))

    run(sandbox, undo, {"run": the_run})

    traces = {call["trace"] for call in sandbox.calls(last) if call["role"] == undo.rpartition(":")[2]}
    assert traces == {root_of(the_run)}


def test_a_run_is_followed_with_its_children_in_their_place(
    sandbox: Client, machine: Machine, parent: Machine
) -> None:
    child = machine({"In Child": {"Type": "Wait", "Seconds": 100, "Next": "Call"}, "Call": FAILS["Fail"]})
    arn = start(sandbox, parent(child))

    events = list(sandbox.events(arn))

    entered = [(event.path, event.entered) for event in events if event.entered]
    assert entered == [((), "Call"), (("Call",), "In Child"), (("Call",), "Call"), ((), "Caught")]
    done = sandbox.wait(arn)
    assert done.state_names == ["Call", "In Child", "Call", "Caught"]
    assert [visit.exited is None for visit in done.states] == [False, False, True, False]


def test_a_run_that_is_aborted_is_over_though_a_child_of_it_goes_on(
    sandbox: Client, machine: Machine, parent: Machine
) -> None:
    child = machine({"Wait": {"Type": "Wait", "Seconds": 1000, "Next": "Done"}, **SUCCEEDS})
    sandbox.faults({"service": "workflow", "action": "Wait", "effect": "abort", "children": False})

    events = list(sandbox.events(start(sandbox, parent(child))))

    assert [event.type for event in events if event.path][-1] == "WaitStateEntered"
    assert events[-1].type == "ExecutionAborted"


def test_a_start_whose_answer_is_lost_is_tried_again_and_joins(
    sandbox: Client, machine: Machine, parent: Machine
) -> None:
    child = machine({"Wait": {"Type": "Wait", "Seconds": 200, "Next": "Done"}, **SUCCEEDS})
    lost = {"service": "stepfunctions", "action": "StartExecution", "effect": "drop", "when": "after"}
    sandbox.faults(lost)
    retry = {"ErrorEquals": ["StepFunctions.SdkClientException"], "IntervalSeconds": 1}

    done = run(sandbox, parent(child, name="only", Retry=[retry]))

    assert done.output["Output"] == {"answer": 42}
    assert event_types(sandbox, done.arn).count("TaskScheduled") == 2
    assert len(children(sandbox, child)) == 1


def test_a_start_that_is_throttled_has_awss_name_for_it(
    sandbox: Client, machine: Machine, parent: Machine
) -> None:
    throttled = {"service": "stepfunctions", "action": "StartExecution", "code": "ThrottlingException"}
    sandbox.faults(throttled)

    done = run(sandbox, parent(machine(SUCCEEDS)))

    assert done.output["Error"] == "StepFunctions.AWSStepFunctionsException"
