"""Rules of the policies: each equals what its owner's code calls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from artifact.calls import iam_prefix
from tests.template.rules.base import Project, put, reword, rule
from tests.template.rules.code import code_of
from tests.template.rules.permissions import (
    INTEGRATIONS,
    LOG_DELIVERY,
    NEEDED,
    NO_ACTIONS,
)
from tools.policies import documents, statements
from tools.project import STATE_MACHINE, functions

if TYPE_CHECKING:
    from collections.abc import Callable

_STOP, _SNAPSHOTS, _ROLL_BACK = "StopSourceFunction", "CreateSnapshotsFunction", "RollBackFunction"
_EQUALS = ("Condition", "StringEquals")


def edit(owner: str, action: str, *path: Any, to: object = None) -> Callable[[Project], None]:
    """A change: the value at the path in the last statement of `action`, None taking it away.

    Without a path the statement no longer has the action.
    """

    def change(mutant: Project) -> None:
        every = [policy["Statement"] for _, policy in documents(mutant.template, owner)]
        own = [(s, listed) for listed in every for s in listed if action in (s["Action"], *s["Action"])]
        holder, listed = own[-1]
        if not path:
            listed.remove(holder)
            left = [name for name in holder["Action"] if name != action]
            listed += [{**holder, "Action": left}] if isinstance(holder["Action"], list) else []
            return
        for key in path[:-1]:
            holder = holder[key]
        if to is None:
            del holder[path[-1]]
        else:
            holder[path[-1]] = to

    return change


def uncomment(owner: str, action: str) -> Callable[[Project], None]:
    def change(mutant: Project) -> None:
        for number, statement in enumerate(statements(mutant.template)):
            if statement.owner == owner and action in statement.actions:
                mutant.comments[number] = ""

    return change


def _needed(project: Project, handler: str) -> set[str]:
    actions = set()
    for call in code_of(project).calls(f"handlers.{handler}.handler"):
        action = f"{iam_prefix(call.service)}:{call.operation}"
        actions |= {action} - NO_ACTIONS
        for (dependent, word), more in NEEDED.items():
            if dependent == action and (word is None or word in call.words):
                actions |= more
    return actions


def allowed(project: Project, owner: str) -> set[str]:
    return {action for s in statements(project.template) if s.owner == owner for action in s.actions}


def _difference(owner: str, needed: set[str], allowed: set[str]) -> list[str]:
    lacking = [f"{owner} lacks {action}" for action in sorted(needed - allowed)]
    return lacking + [f"{owner} does not need {action}" for action in sorted(allowed - needed)]


@rule(
    (
        edit("PlanRefreshFunction", "ec2:DescribeVolumes"),
        "lacks ec2:DescribeVolumes",
    ),
    (
        edit(_STOP, "ec2:StopInstances", "Action", to="ec2:DescribeTags"),
        f"{_STOP} does not need ec2:DescribeTags",
    ),
    (edit(_SNAPSHOTS, "ec2:CreateTags"), f"{_SNAPSHOTS} lacks ec2:CreateTags"),
    (edit("LockGroupFunction", "dynamodb:PutItem"), "LockGroupFunction lacks dynamodb:PutItem"),
    (
        reword("code", "golden_image.source", "stop_instances", "terminate_instances"),
        "StopSourceFunction lacks ec2:TerminateInstances",
    ),
    (
        reword("code", "golden_image.keys", '"list_grants"', '"list_key_policies"'),
        "lacks kms:ListKeyPolicies",
    ),
)
def a_function_may_do_what_its_code_calls_and_nothing_else(project: Project) -> list[str]:
    return [
        violation
        for owner, handler in functions(project.template).items()
        for violation in _difference(owner, _needed(project, handler), allowed(project, owner))
    ]


@rule(
    (
        reword(
            "code",
            "golden_image.source",
            'aws.client("ec2").stop_instances',
            "aws.client(kind).stop_instances",
        ),
        "golden_image.source.stop",
    ),
    (
        reword(
            "code", "golden_image.launch_template", 'ec2 = aws.client("ec2")', 'ec2 = [aws.client("ec2")][0]'
        ),
        "golden_image.launch_template.create",
    ),
)
def every_call_to_aws_is_in_sight(project: Project) -> list[str]:
    return code_of(project).clients_out_of_sight()


@rule(
    (edit(STATE_MACHINE, "sns:Publish"), "lacks sns:Publish"),
    (
        edit(STATE_MACHINE, "sns:Publish", "Action", to="sns:Subscribe"),
        "does not need sns:Subscribe",
    ),
    (edit(STATE_MACHINE, "lambda:InvokeFunction", "Resource", 2), _STOP),
    (
        edit(STATE_MACHINE, "lambda:InvokeFunction", "Resource", 2, to={"Fn::GetAtt": [_STOP, "Arn"]}),
        f"{_STOP}:*",
    ),
    (
        put(
            "arn:${Partition}:states:::sqs:sendMessage", "definition", "States", "Notify Failure", "Resource"
        ),
        "sqs:sendMessage",
    ),
)
def the_state_machine_may_do_what_its_tasks_do_and_nothing_else(project: Project) -> list[str]:
    integrations = {task["Resource"] for task in project.tasks.values()}
    needed = set(LOG_DELIVERY)
    for integration in integrations:
        needed |= INTEGRATIONS.get(integration, {f"an entry here for {integration}"})
    found = _difference(STATE_MACHINE, needed, allowed(project, STATE_MACHINE))
    names = {re.sub(r"\W|Arn}$", "", t["Arguments"]["FunctionName"]) for t in project.lambda_tasks.values()}
    # A run that began before an update still calls the versions from before it.
    invoked = {f"{name}:*" for name in names}
    for statement in statements(project.template):
        if "lambda:InvokeFunction" in statement.actions:
            found += sorted(invoked ^ set(statement.resources))
    return found
