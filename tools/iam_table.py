"""Writes docs/reference/iam.md: who may do what, to what, under which condition, and why.

usage: python -m tools.iam_table
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tools.policies import Condition, comments, statements
from tools.project import ROOT, template

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = ROOT / "docs/reference/iam.md"
_HEAD = """\
# Permissions

`make docs` generates this page from template.yaml. Tests verify that it is current, that each policy has
exactly the calls of its function's code, and that it is as narrow as AWS allows.

A statement of a managed policy is listed with each function or state machine that has the policy.
`:*` after a function's name means all versions of the function.
A resource is written without its Region and account, which are the stack's own unless stated otherwise.
Beside these, `sam deploy` gives every function AWSLambdaBasicExecutionRole (its logs), the state machine
AWSXrayWriteOnlyAccess (its traces), the schedule's role the right to invoke StartScheduledRunFunction,
and both that role and that function the right to send to ScheduleDeadLetterQueue.

Whoever may start a run has the use of these rights: with `prepare` any document of Systems Manager, and so
any command as root, can be run on any instance that Systems Manager manages.

| who | actions | resources | condition | why |
| --- | --- | --- | --- | --- |
"""


def page() -> str:
    """The text of docs/reference/iam.md."""
    return _HEAD + "".join(f"| {' | '.join(row)} |\n" for row in _rows())


def _rows() -> Iterator[list[str]]:
    for statement, comment in zip(statements(template()), comments(), strict=True):
        resources = "<br>".join(f"`{_short(resource)}`" for resource in statement.resources)
        actions = "<br>".join(f"`{action}`" for action in statement.actions)
        yield [statement.owner, actions, resources, _condition(statement.condition), comment]


def _short(resource: str) -> str:
    """`instance/*` for `arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:instance/*`."""
    if not resource.startswith("arn:"):
        return resource
    *_, account, name = resource.replace("${AWS::", "${").split(":", 5)
    return f"{name} of any account" if account == "*" else name


def _condition(condition: Condition) -> str:
    return "<br>".join(
        f"`{key}` {test} `{_value(value)}`" for test, keys in condition.items() for key, value in keys.items()
    )


def _value(value: object) -> str:
    text = next(iter(value.values())) if isinstance(value, dict) else value
    text = text if isinstance(text, str) else json.dumps(text)
    return _short(text).replace("AWS::", "")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
