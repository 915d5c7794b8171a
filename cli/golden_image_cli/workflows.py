"""The state machines of a stack, and the versions of functions that their definitions name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from golden_image_cli.stack import Stack

_FUNCTION = re.compile(r"arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(?::\d+)?")
_WORKFLOW = re.compile(r"arn:[a-z-]+:states:[a-z0-9-]+:\d{12}:stateMachine:[A-Za-z0-9_-]+(?::\d+)?")


def workflows_of(stack: Stack) -> list[dict[str, Any]]:
    """AWS's descriptions of the state machine that people start, and of all that it starts."""
    client = stack.client("stepfunctions")
    found: dict[str, dict[str, Any]] = {}
    left = [stack.state_machine_arn]
    while left:
        arn = left.pop()
        if arn not in found:
            found[arn] = client.describe_state_machine(stateMachineArn=arn)
            left += _WORKFLOW.findall(found[arn]["definition"])
    return list(found.values())


def functions_of(stack: Stack, workflows: list[dict[str, Any]]) -> dict[str, str]:
    """Why each function that these state machines call cannot run; empty where it can."""
    client = stack.client("lambda")
    called = {arn for one in workflows for arn in _FUNCTION.findall(one["definition"])}
    found = {}
    for arn in sorted(called):
        name = arn.partition(":function:")[2]
        try:
            state = client.get_function_configuration(FunctionName=arn).get("State", "Active")
        except client.exceptions.ResourceNotFoundException:
            found[name] = "is gone, and a definition calls it"
        else:
            found[name] = "" if state in {"Active", "Inactive"} else f"is {state}"
    return found
