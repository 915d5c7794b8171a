"""Step Functions, EventBridge and Scheduler do as AWS does where MiniStack alone does not."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from sandbox.ministack.schedules import next_occurrence
from tests.sandbox.machines import LONG_WAIT, event_types, plan_function, received, run, start, task, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.client import Client


def test_an_input_that_is_not_json_is_refused(sandbox: Client, machine: Callable[..., str]) -> None:
    with pytest.raises(ClientError, match="InvalidExecutionInput"):
        start(sandbox, machine({"Done": {"Type": "Succeed"}}), input="{")


def test_a_state_machines_time_out_ends_a_run_uncaught(sandbox: Client, machine: Callable[..., str]) -> None:
    done = run(sandbox, machine({"Wait": LONG_WAIT}, TimeoutSeconds=30))

    assert (done.status, done.error) == ("TIMED_OUT", "States.Timeout")
    assert done.seconds < 30
    assert event_types(sandbox, done.arn)[-1] == "ExecutionTimedOut"


def test_a_run_that_is_aborted_while_a_task_fails_stays_aborted(
    sandbox: Client, machine: Callable[..., str]
) -> None:
    retry = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 20, "MaxAttempts": 3}
    arn = start(sandbox, machine({"Fail": task(sandbox, Retry=[retry], End=True)}), input="{}")
    until(lambda: "TaskFailed" in event_types(sandbox, arn))

    sandbox.stop(arn)

    before = event_types(sandbox, arn)
    time.sleep(60 * sandbox.endpoints.scale)  # the retries' time: nothing may happen in it
    assert event_types(sandbox, arn) == before
    assert before[-1] == "ExecutionAborted"
    assert sandbox.wait(arn).status == "ABORTED"


def waits_between_tries(sandbox: Client, arn: str) -> list[float]:
    """The virtual seconds between a try that failed and the next one."""
    events = list(sandbox.history(arn))
    return [
        (after["timestamp"] - before["timestamp"]).total_seconds() / sandbox.endpoints.scale
        for before, after in pairwise(events)
        if (before["type"], after["type"]) == ("TaskFailed", "TaskScheduled")
    ]


@pytest.mark.parametrize(
    ("retry", "shortest", "longest"),
    [
        ({"IntervalSeconds": 2, "BackoffRate": 1000, "MaxDelaySeconds": 3}, 2, 40),
        ({"IntervalSeconds": 100, "BackoffRate": 1}, 100, 140),
        ({"IntervalSeconds": 5000, "MaxDelaySeconds": 3, "JitterStrategy": "FULL"}, 0, 40),
    ],
    ids=["no longer than MaxDelaySeconds", "longer than a minute", "with jitter"],
)
def test_a_retry_waits_as_long_as_it_says(
    sandbox: Client, machine: Callable[..., str], retry: dict[str, Any], shortest: float, longest: float
) -> None:
    retry |= {"ErrorEquals": ["InvalidInput"], "MaxAttempts": 2}

    done = run(sandbox, machine({"Fail": task(sandbox, Retry=[retry], End=True)}))

    assert (done.status, done.error) == ("FAILED", "InvalidInput")
    waits = waits_between_tries(sandbox, done.arn)
    assert len(waits) == 2
    assert all(shortest <= wait <= longest for wait in waits), waits


def test_no_catch_sees_a_runtime_error(sandbox: Client, machine: Callable[..., str]) -> None:
    catch = {"ErrorEquals": ["States.ALL"], "Next": "Caught"}
    broken = {
        "Type": "Task",
        "Resource": "arn:aws:states:::nosuch:thing",
        "Arguments": {},
        "Catch": [catch],
        "End": True,
    }

    done = run(sandbox, machine({"Break": broken, "Caught": {"Type": "Succeed"}}))

    assert (done.status, done.error) == ("FAILED", "States.Runtime")


def test_a_failed_run_has_no_output(sandbox: Client, machine: Callable[..., str]) -> None:
    done = run(sandbox, machine({"Fail": {"Type": "Fail", "Error": "E", "Cause": "c"}}))

    described = sandbox.aws("stepfunctions").describe_execution(executionArn=done.arn)
    assert (described["error"], described["cause"]) == ("E", "c")
    assert "output" not in described


def test_an_assign_sees_the_variables_from_before_it(sandbox: Client, machine: Callable[..., str]) -> None:
    states = {
        "First": {"Type": "Pass", "Assign": {"a": 1}, "Next": "Second"},
        "Second": {"Type": "Pass", "Assign": {"a": 2, "b": "{% $a %}"}, "Next": "Done"},
        "Done": {"Type": "Succeed", "Output": "{% [$a, $b] %}"},
    }

    assert run(sandbox, machine(states)).output == [2, 1]


def test_a_state_machine_may_do_only_what_its_role_may(
    sandbox: Client, machine: Callable[..., str], role: Callable[..., str]
) -> None:
    done = run(sandbox, machine({"Fail": task(sandbox, End=True)}, role_arn=role("sns:Publish")))

    assert (done.status, done.error) == ("FAILED", "Lambda.AWSLambdaException")
    assert done.cause is not None
    assert "not authorized to perform: lambda:InvokeFunction" in done.cause


def test_a_managed_policy_allows_as_an_inline_one_does(
    sandbox: Client, machine: Callable[..., str], role: Callable[..., str]
) -> None:
    iam, arn = sandbox.aws("iam"), role()
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": plan_function(sandbox)}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    policy = iam.create_policy(PolicyName=f"p-{uuid4().hex[:8]}", PolicyDocument=document)["Policy"]["Arn"]
    attachment = {"RoleName": arn.rsplit("/", 1)[-1], "PolicyArn": policy}
    asking = machine({"Ask": task(sandbox, End=True)}, role_arn=arn)

    iam.attach_role_policy(**attachment)
    attached = run(sandbox, asking).error
    iam.detach_role_policy(**attachment)

    assert (attached, run(sandbox, asking).error) == ("InvalidInput", "Lambda.AWSLambdaException")
    iam.delete_policy(PolicyArn=policy)


@pytest.mark.parametrize("end", ["SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"])
def test_the_end_of_a_run_is_an_event(
    sandbox: Client, machine: Callable[..., str], queue: tuple[str, str], end: str
) -> None:
    states = {
        "SUCCEEDED": {"State": {"Type": "Succeed"}},
        "FAILED": {"State": {"Type": "Fail", "Error": "E"}},
    }.get(end, {"State": LONG_WAIT})
    arn = machine(states, TimeoutSeconds=30 if end == "TIMED_OUT" else 100000)
    events, rule = sandbox.aws("events"), f"rule-{uuid4().hex[:8]}"
    detail = {"stateMachineArn": [arn], "status": ["SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"]}
    pattern = {"source": ["aws.states"], "detail": detail}
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": queue[1]}])

    execution = start(sandbox, arn)
    if end == "ABORTED":
        sandbox.stop(execution)

    event = until(lambda: received(sandbox, queue[0]))[0]
    events.remove_targets(Rule=rule, Ids=["1"])
    events.delete_rule(Name=rule)
    assert event["detail-type"] == "Step Functions Execution Status Change"
    assert event["detail"]["executionArn"] == execution
    assert event["detail"]["status"] == end


@pytest.fixture
def schedule(sandbox: Client) -> Iterator[Callable[[dict[str, Any]], str]]:
    """A schedule that fires once, now; answers its name."""
    scheduler, names = sandbox.aws("scheduler"), []

    def make(target: dict[str, Any]) -> str:
        soon = datetime.now(UTC) + timedelta(seconds=1)
        names.append(f"schedule-{uuid4().hex[:8]}")
        scheduler.create_schedule(
            Name=names[-1],
            ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=target,
        )
        return names[-1]

    yield make
    for name in names:
        scheduler.delete_schedule(Name=name)


def test_a_schedule_tells_its_target_when_it_was_due(
    sandbox: Client,
    schedule: Callable[..., str],
    role: Callable[..., str],
    queue: tuple[str, str],
) -> None:
    attributes = ("scheduled-time", "schedule-arn", "execution-id", "attempt-number")
    told = {name: f"<aws.scheduler.{name}>" for name in attributes}
    name = schedule({"Arn": queue[1], "RoleArn": role("sqs:SendMessage"), "Input": json.dumps(told)})

    message = until(lambda: received(sandbox, queue[0]))[0]

    due = datetime.strptime(message["scheduled-time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert abs(datetime.now(UTC) - due) < timedelta(seconds=20)
    assert message["schedule-arn"].endswith(f"/{name}")
    assert len(message["execution-id"]) == 16
    assert message["attempt-number"] == "1"


def test_what_a_schedule_may_not_deliver_goes_to_its_dead_letter_queue(
    sandbox: Client,
    schedule: Callable[..., str],
    role: Callable[..., str],
    queue: tuple[str, str],
) -> None:
    target = {
        "Arn": plan_function(sandbox),
        "RoleArn": role(),
        "Input": '{"lost": true}',
        "DeadLetterConfig": {"Arn": queue[1]},
    }

    schedule(target)

    assert until(lambda: received(sandbox, queue[0])) == [{"lost": True}]


def test_a_cron_expression_is_in_the_schedules_time_zone() -> None:
    schedule = {"ScheduleExpression": "cron(0 3 * * ? *)", "ScheduleExpressionTimezone": "Asia/Seoul"}

    due = next_occurrence(schedule, datetime(2026, 11, 22, 12, tzinfo=UTC))

    assert due is not None
    assert due.astimezone(UTC) == datetime(2026, 11, 22, 18, tzinfo=UTC)


def test_a_rate_counts_from_the_last_time() -> None:
    after = datetime(2026, 11, 22, 12, tzinfo=UTC)

    due = next_occurrence({"ScheduleExpression": "rate(5 minutes)"}, after)

    assert due == after + timedelta(minutes=5)


def test_a_moment_that_has_passed_does_not_come_again() -> None:
    schedule = {"ScheduleExpression": "at(2026-11-22T12:00:00)"}

    assert next_occurrence(schedule, datetime(2026, 11, 22, 12, tzinfo=UTC)) is None


def test_the_world_knows_who_called(sandbox: Client, group: str) -> None:
    last = max((call["n"] for call in sandbox.calls()), default=0)
    done = sandbox.run({"sourceInstanceId": "i-0000000000000dead", "autoScalingGroupName": group})
    assert done.error == "SourceNotFound", done.cause

    calls = [call for call in sandbox.calls(last) if "i-0000000000000dead" in json.dumps(call["params"])]

    assert calls
    callers = {(call["service"], call["role"]) for call in calls}
    assert callers == {
        ("ec2", "PlanRefreshFunction"),
        ("stepfunctions", "GoldenImageRefresh"),
        ("sns", "Notify"),
    }
