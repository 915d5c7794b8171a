"""The template's policies as IAM evaluates them, and questions that they answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from tools.project import STATE_MACHINE

if TYPE_CHECKING:
    from collections.abc import Mapping

Policy = list[Any]


@dataclass(frozen=True)
class Account:
    """Where a stack is: what `AWS::Region` and its like stand for."""

    id: str
    region: str
    stack: str

    @property
    def pseudo_parameters(self) -> dict[str, str]:
        return {
            "AWS::Partition": "aws",
            "AWS::Region": self.region,
            "AWS::AccountId": self.id,
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": "amazonaws.com",
        }

    def arn(self, kind: str, name: str) -> str:
        """The ARN of one of EC2's resources; images and snapshots have no account in theirs."""
        owner = "" if kind in {"image", "snapshot"} else self.id
        return f"arn:aws:ec2:{self.region}:{owner}:{kind}/{name}"

    def group(self, name: str) -> str:
        """The ARN of an Auto Scaling group."""
        return (
            f"arn:aws:autoscaling:{self.region}:{self.id}:autoScalingGroup:0f0f:autoScalingGroupName/{name}"
        )


@dataclass(frozen=True)
class Request:
    """What IAM is asked for one resource of a call.

    Attributes:
        context: condition keys in lower case with what they are in this call.
    """

    action: str
    resource: str
    context: tuple[tuple[str, str | tuple[str, ...]], ...] = ()


def request(
    action: str,
    resource: str,
    *,
    request_tags: Mapping[str, str] | None = None,
    resource_tags: Mapping[str, str] | None = None,
    **keys: str,
) -> Request:
    """A request; `keys` are condition keys with `__` for their colon: `ec2__CreateAction`."""
    context: dict[str, str | tuple[str, ...]] = {
        name.replace("__", ":").lower(): value for name, value in keys.items()
    }
    context |= {f"aws:resourcetag/{key.lower()}": value for key, value in (resource_tags or {}).items()}
    if request_tags:
        context |= {f"aws:requesttag/{key.lower()}": value for key, value in request_tags.items()}
        context["aws:tagkeys"] = tuple(request_tags)
    return Request(action, resource, tuple(sorted(context.items())))


def policy(template: Mapping[str, Any], owner: str, account: Account) -> Policy:
    """The statements of a function's policy, as deployed in an account."""
    properties = template["Resources"][owner]["Properties"]
    return [
        statement
        for document in properties.get("Policies", [])
        for statement in parse_policy_document(_resolved(document, account.pseudo_parameters))
    ]


def allows(policy: Policy, asked: Request, account: Account) -> bool:
    context = EvalContext(
        principal_arn=f"arn:aws:sts::{account.id}:assumed-role/function/session",
        principal_type="AssumedRole",
        principal_account=account.id,
        action=asked.action,
        resource_arn=asked.resource,
        region=account.region,
        service_context={k: list(v) if isinstance(v, tuple) else v for k, v in asked.context},
    )
    return bool(evaluate(context, [policy]).decision == "Allow")


def owners(template: Mapping[str, Any]) -> list[str]:
    """The logical ids of the functions that have a policy."""
    resources = template["Resources"].items()
    return [
        name for name, r in resources if r.get("Properties", {}).get("Policies") and name != STATE_MACHINE
    ]


def _resolved(node: Any, values: Mapping[str, str]) -> Any:
    """A part of the template without intrinsic functions; a resource of the stack stays its logical id."""
    if isinstance(node, list):
        return [_resolved(item, values) for item in node]
    if not isinstance(node, dict):
        return node
    if "Ref" in node:
        return values.get(node["Ref"], node["Ref"])
    if "Fn::GetAtt" in node:
        return node["Fn::GetAtt"][0]
    if "Fn::Sub" in node:
        return re.sub(r"\$\{([\w:.]+)\}", lambda found: values.get(found[1], found[1]), node["Fn::Sub"])
    return {key: _resolved(value, values) for key, value in node.items()}
