"""Rules of the policies: each equals what its owner's code calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from artifact.calls import iam_prefix
from tests.template.rules.base import Project, put, reword, rule
from tests.template.rules.code import code_of
from tests.template.rules.permissions import (
    INTEGRATIONS,
    LOG_DELIVERY,
    NEEDED,
    NO_ACTIONS,
    OF_OPEN_RUNS,
)
from tools.policies import documents, statements
from tools.project import TRUNK, functions, machine

if TYPE_CHECKING:
    from collections.abc import Callable

_STOP, _SNAPSHOTS, _ROLL_BACK = "StopSourceFunction", "CreateSnapshotsFunction", "RollBackFunction"
_EQUALS = ("Condition", "StringEquals")
_TRUNK, _SHOWS, _COUNTS = machine(TRUNK), "DescribeRunFunction", "SweepRunsFunction"
# What the sweeper does not count the waits of: the undo of a run and its messages.
_NOT_COUNTED = ("Notify", "Undo")
_TEMPLATES = "golden_image.group.launch_template"


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
    for call in code_of(project).calls(f"{handler}.handler"):
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
        reword("code", "golden_image.source.power", "stop_instances", "terminate_instances"),
        "StopSourceFunction lacks ec2:TerminateInstances",
    ),
    (
        reword("code", "golden_image.source.keys", '"list_grants"', '"list_key_policies"'),
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
            "golden_image.source.power",
            'aws.client("ec2").stop_instances',
            "aws.client(kind).stop_instances",
        ),
        "golden_image.source.power.stop",
    ),
    (
        reword(
            "code",
            _TEMPLATES,
            'aws.client("ec2").create_launch_template(',
            '[aws.client("ec2")][0].create_launch_template(',
        ),
        f"{_TEMPLATES}.create",
    ),
)
def every_call_to_aws_is_in_sight(project: Project) -> list[str]:
    return code_of(project).clients_out_of_sight()


@rule(
    (edit("Notify", "sns:Publish"), "Notify lacks sns:Publish"),
    (edit("Undo", "sns:Publish"), "Undo lacks sns:Publish"),
    (edit("Notify", "sns:Publish", "Action", to="sns:Subscribe"), "does not need sns:Subscribe"),
    (edit(_TRUNK, "states:StopExecution"), f"{_TRUNK} lacks states:StopExecution"),
    (edit(_TRUNK, "events:PutRule"), f"{_TRUNK} lacks events:PutRule"),
    (edit("RollOut", "logs:CreateLogDelivery"), "RollOut lacks logs:CreateLogDelivery"),
    (edit("Undo", "states:StartExecution"), "Undo lacks states:StartExecution"),
    (
        put("arn:${Partition}:states:::sqs:sendMessage", TRUNK, "Notify Failure", "Resource"),
        "sqs:sendMessage",
    ),
)
def a_state_machine_may_do_what_its_tasks_do_and_nothing_else(project: Project) -> list[str]:
    found = []
    for name in project.definitions:
        needed = LOG_DELIVERY | OF_OPEN_RUNS.get(machine(name), set())
        for task in project.tasks:
            if task.definition == name:
                resource = task.own["Resource"]
                needed |= INTEGRATIONS.get(resource, {f"an entry here for {resource}"})
        found += _difference(machine(name), needed, allowed(project, machine(name)))
    return found


def _executions(logical_id: str) -> str:
    """Those of a state machine, as the template writes their ARN."""
    machine_of = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:"
    return f"{machine_of}${{{logical_id}.Name}}:*"


def _resources(project: Project, owner: str, action: str) -> set[str]:
    own = [s for s in statements(project.template) if s.owner == owner and action in s.actions]
    return {resource for statement in own for resource in statement.resources}


@rule(
    (edit(_TRUNK, "states:StopExecution", "Resource", 0), f"{_TRUNK}: states:StopExecution"),
    (
        edit("DescribeRunFunction", "states:GetExecutionHistory", "Resource", 1),
        "DescribeRunFunction: states:Get",
    ),
    (
        edit("DescribeRunFunction", "states:GetExecutionHistory", "Resource", 0),
        "DescribeRunFunction: states:Get",
    ),
    (edit(_COUNTS, "states:GetExecutionHistory", "Resource", 2), "SweepRunsFunction: states:Get"),
    (
        edit("Undo", "states:StopExecution", "Resource", to={"Fn::Sub": _executions("RollOut")}),
        "Undo: states:StopExecution",
    ),
)
def children_are_followed_stopped_and_shown(project: Project) -> list[str]:
    """A child follows and stops its own, the trunk all; who describes a run shows where its child is.

    The sweeper reads how long a run and its children waited.
    """
    every = {_executions(machine(name)) for name in project.definitions}
    wanted = {(_SHOWS, "states:GetExecutionHistory"): every}
    wanted[_COUNTS, "states:GetExecutionHistory"] = every - {_executions(name) for name in _NOT_COUNTED}
    for action in ("states:DescribeExecution", "states:StopExecution"):
        wanted |= {
            (machine(task.definition), action): {_executions(task.target)} for task in project.child_tasks
        }
        wanted[_TRUNK, action] = every - {_executions(_TRUNK)}
    return [
        f"{owner}: {action}: {resource}"
        for (owner, action), resources in wanted.items()
        for resource in sorted(resources ^ _resources(project, owner, action))
    ]


@rule(
    (edit(_TRUNK, "lambda:InvokeFunction", "Resource", 2), f"{_TRUNK}: lambda:InvokeFunction: {_STOP}"),
    (edit(_TRUNK, "lambda:InvokeFunction", "Resource", 2, to={"Fn::GetAtt": [_STOP, "Arn"]}), f"{_STOP}:*"),
    (edit("Undo", "lambda:InvokeFunction", "Resource", 0), "Undo: lambda:InvokeFunction: BeginUndoFunction"),
    (edit(_TRUNK, "states:StartExecution", "Resource", 2), f"{_TRUNK}: states:StartExecution: RollOut"),
    (put("${StopSourceFunctionArn}", "undo", "Roll Back", "Arguments", "FunctionName"), "RollBackFunction"),
)
def a_state_machine_may_call_what_its_tasks_call_and_nothing_else(project: Project) -> list[str]:
    """Every version of it, for a run goes on with those that it began with.

    A version of a function is a resource of its own. To start a version of a state machine takes the right to
    start the state machine.
    https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
    """
    found = []
    for name in project.definitions:
        for action, tasks, versions in (
            ("lambda:InvokeFunction", project.lambda_tasks, ":*"),
            ("states:StartExecution", project.child_tasks, ""),
        ):
            called = {task.target + versions for task in tasks if task.definition == name}
            may = _resources(project, machine(name), action)
            found += [f"{machine(name)}: {action}: {one}" for one in sorted(called ^ may)]
    return found
