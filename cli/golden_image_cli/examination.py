"""What may stop a run of a stack: looked for, without changing anything."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golden_image_cli import rest, run_input
from golden_image_cli.problems import Problem
from golden_image_cli.rights import allowed
from golden_image_cli.workflows import functions_of, workflows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from golden_image_cli.stack import Stack

FINE, WARNING, STOPS, UNKNOWN = "ok", "warning", "stops", "unknown"
_STEADY = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"}
_LOCKS = ("group#", "source#", "launch-template#")
_OWED, _REMOVAL = "source-owed#", "stack-removal"


@dataclass(frozen=True)
class Finding:
    """What was found; `state` is FINE, a WARNING, STOPS for what stops runs, or UNKNOWN."""

    subject: str
    state: str
    text: str


def examine(stack: Stack) -> Iterator[Finding]:
    """The findings, one after the other. A question that AWS refuses to answer is an unknown one.

    Raises:
        Problem: the stack does not exist.
    """
    from botocore.exceptions import ClientError  # noqa: PLC0415 - a client has imported it

    yield from _stack(stack)
    for subject, look in _LOOKS.items():
        try:
            yield from (Finding(subject, state, text) for state, text in look(stack))
        except ClientError as error:
            told = error.response.get("Error", {})
            text = f"{error.operation_name}: {told.get('Code')}: {told.get('Message')}"
            yield Finding(subject, UNKNOWN, f"AWS does not say: {text}")
        except Problem as problem:
            yield Finding(subject, UNKNOWN, str(problem))


def _stack(stack: Stack) -> Iterator[Finding]:
    status = stack.described["StackStatus"]
    text = f"{stack.name} is {status}"
    if status in _STEADY:
        yield Finding("stack", FINE, text)
    else:
        hint = "Wait until CloudFormation is done, or mend it there."
        yield Finding("stack", STOPS if "DELETE" in status else WARNING, f"{text}. {hint}")


def _workflows(stack: Stack) -> Iterator[tuple[str, str]]:
    """The versions of definitions and functions, which a deployment changes together."""
    found = workflows_of(stack)
    for one in found:
        if one["status"] != "ACTIVE":
            yield STOPS, f"{one['name']} is {one['status']}"
    functions = functions_of(stack, found)
    for name, reason in functions.items():
        if reason:
            yield STOPS, f"{name} {reason}. Deploy the stack again."
    yield (
        FINE,
        f"{len(found)} state machines, and the versions of {len(functions)} functions that they call",
    )


def _version(stack: Stack) -> Iterator[tuple[str, str]]:
    """Whether the stack takes the same input as this command line."""
    described = rest.call(stack, "GET", "/openapi.json")["components"]["schemas"]["RefreshInput"]
    theirs, ours = described["properties"].keys(), run_input.schema()["properties"].keys()
    if theirs == ours:
        yield FINE, "the stack takes the input that this command line makes"
    if ours - theirs:
        fields = ", ".join(sorted(ours - theirs))
        yield (
            WARNING,
            f"the stack is older than this command line: it does not take {fields}. Deploy it again.",
        )
    if theirs - ours:
        fields = ", ".join(sorted(theirs - ours))
        yield WARNING, f"the stack is newer: this command line does not know {fields}. Upgrade it."


def _rights(stack: Stack) -> Iterator[tuple[str, str]]:
    """What the caller may do of what the verbs do."""
    for call, may in allowed(stack):
        if may is None:
            yield UNKNOWN, f"{call}: IAM does not tell"
        else:
            yield (FINE if may else WARNING), f"{call}: {'allowed' if may else 'denied'}"


def _schedule(stack: Stack) -> Iterator[tuple[str, str]]:
    name = stack.outputs.get("ScheduleName")
    if not name:
        yield FINE, "none: runs are started by people and programs"
        return
    found = stack.client("scheduler").get_schedule(Name=name)
    told = f"{found['ScheduleExpression']} {found.get('ScheduleExpressionTimezone', 'UTC')}"
    if found["State"] == "ENABLED":
        yield FINE, told
    else:
        yield WARNING, f"{told}, but it is {found['State']}: no run is started by it. Deploy the stack again."


def _sweeper(stack: Stack) -> Iterator[tuple[str, str]]:
    """What undoes stopped runs: without it, their locks stay."""
    found = stack.client("scheduler").get_schedule(Name=stack.output("SweepScheduleName"))
    if found["State"] != "ENABLED":
        yield STOPS, f"its schedule is {found['State']}: locks of stopped runs stay. Enable the schedule."
    function = stack.output("SweepFunctionName")
    limit = stack.client("lambda").get_function_concurrency(FunctionName=function)
    if limit.get("ReservedConcurrentExecutions") == 0:
        yield STOPS, f"{function} has a reserved concurrency of 0, so it never runs. Remove the limit."
    if found["State"] == "ENABLED":
        yield FINE, f"its schedule is ENABLED, {found['ScheduleExpression']}"


def _topic(stack: Stack) -> Iterator[tuple[str, str]]:
    topic = stack.notification_topic_arn
    found = stack.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    waiting = [one["Endpoint"] for one in found if one["SubscriptionArn"] == "PendingConfirmation"]
    if not found:
        yield WARNING, f"nobody subscribes to {topic}: no failure and no alarm reaches anybody"
    elif waiting:
        yield WARNING, f"not confirmed yet: {', '.join(waiting)}"
    if len(found) > len(waiting):
        yield FINE, f"{len(found) - len(waiting)} subscriptions"


def _ledger(stack: Stack) -> Iterator[tuple[str, str]]:
    """Locks that runs hold now, sources that are owed, and the mark of a removal."""
    held: dict[str, list[str]] = {}
    for item in _items(stack):
        key = item["pk"]["S"]
        if key == _REMOVAL and int(item.get("until", {}).get("N", 0)) > time.time():
            yield STOPS, "the stack is being removed: no run may begin"
        elif key.startswith(_OWED):
            source, reason = key.removeprefix(_OWED), item.get("reason", {}).get("S", "")
            yield WARNING, f"source {source} is stopped, and the sweeper tries to start it: {reason}"
        elif key.startswith(_LOCKS) and "run" in item:
            held.setdefault(item["run"]["S"], []).append(key.replace("#", " ", 1))
    for run, locks in held.items():
        name = run.rpartition(":")[2]
        yield WARNING, f"{', '.join(sorted(locks))}: locked by {name}. Another run of these is refused."
    if not held:
        yield FINE, "no lock is held"


def _items(stack: Stack) -> Iterator[dict[str, Any]]:
    pages = stack.client("dynamodb").get_paginator("scan")
    # Without the plans, which are long.
    wanted = {"ProjectionExpression": "pk, #run, reason, #until"}
    names = {"#run": "run", "#until": "until"}
    for page in pages.paginate(TableName=stack.ledger_table, ExpressionAttributeNames=names, **wanted):
        yield from page["Items"]


_LOOKS: dict[str, Callable[[Stack], Iterator[tuple[str, str]]]] = {
    "workflows": _workflows,
    "version": _version,
    "rights": _rights,
    "locks": _ledger,
    "sweeper": _sweeper,
    "schedule": _schedule,
    "topic": _topic,
}
