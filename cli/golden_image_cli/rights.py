"""Whether the caller may do what the verbs do: IAM is asked, and nothing is tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from golden_image_cli.stack import Stack


def allowed(stack: Stack) -> Iterator[tuple[str, bool | None]]:
    """Each call with the verbs that make it, and whether it is allowed; None where IAM does not tell."""
    caller = stack.client("sts").get_caller_identity()["Arn"]
    who = _principal(stack, caller)
    for action, (resource, verbs) in _calls(stack).items():
        told = f"{action} ({verbs})"
        if caller.endswith(":root"):
            yield told, True
        else:
            yield told, _may(stack, who, action, resource) if who else None


def _calls(stack: Stack) -> dict[str, tuple[str, str]]:
    """The actions with a resource that each must be allowed for."""
    machine = stack.state_machine_arn
    partition, region, account = (machine.split(":")[place] for place in (1, 3, 4))
    runs = f"{machine.replace(':stateMachine:', ':execution:', 1)}:*"
    table = f"arn:{partition}:dynamodb:{region}:{account}:table/{stack.ledger_table}"
    api = stack.api_url.partition("://")[2].partition(".")[0]
    return {
        "states:StartExecution": (machine, "plan, apply, start, go-back"),
        "states:ListExecutions": (machine, "list, and a RUN left out"),
        "states:DescribeExecution": (runs, "show, and most others"),
        "states:GetExecutionHistory": (runs, "watch, why, report"),
        "states:StopExecution": (runs, "stop"),
        "dynamodb:GetItem": (table, "why, approve, reject"),
        "execute-api:Invoke": (
            f"arn:{partition}:execute-api:{region}:{account}:{api}/*",
            "approve, reject, generations",
        ),
    }


def _principal(stack: Stack, caller: str) -> str | None:
    """The user or the role whose policies IAM is asked about; None where it is neither."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - a client has imported it

    if ":assumed-role/" not in caller:
        return caller if ":user/" in caller else None
    name = caller.split("/")[1]
    try:
        # A role may have a path, which the session does not tell.
        arn: str = stack.client("iam").get_role(RoleName=name)["Role"]["Arn"]
    except ClientError:
        return caller.partition("/")[0].replace(":sts:", ":iam:").replace("assumed-role", f"role/{name}")
    return arn


def _may(stack: Stack, who: str, action: str, resource: str) -> bool | None:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - a client has imported it

    try:
        answer = stack.client("iam").simulate_principal_policy(
            PolicySourceArn=who, ActionNames=[action], ResourceArns=[resource]
        )
    except ClientError:
        return None
    decision: str = answer["EvaluationResults"][0]["EvalDecision"]
    return decision == "allowed"
