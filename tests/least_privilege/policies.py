"""The template's policies as IAM evaluates them, and questions that they answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from tools.policy_documents import Deployment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.policies import Document

Policy = list[Any]
# The condition keys that have many values.
_OF_MANY = {"dynamodb__LeadingKeys"}


class Account(Deployment):
    """Where a stack is, with the ARNs of what is not the stack's."""

    def ec2(self, kind: str, name: str) -> str:
        """Of one of EC2's resources; images and snapshots have no account in theirs. An ARN stays one."""
        if name.startswith("arn:"):
            return name
        owner = "" if kind in {"image", "snapshot"} else self.account
        return f"arn:aws:ec2:{self.region}:{owner}:{kind}/{name}"

    def parameter(self, image: str) -> str:
        """Of the parameter that an image's `resolve:ssm:` names; AWS's own have no account in theirs.

        One that another account shares is named by its ARN.
        """
        named = image.removeprefix("resolve:ssm:")
        if named.startswith("arn:"):
            return named
        name = named.lstrip("/").partition(":")[0]
        owner = "" if name.startswith("aws/service/") else self.account
        return f"arn:aws:ssm:{self.region}:{owner}:parameter/{name}"

    def group(self, name: str) -> str:
        """Of an Auto Scaling group."""
        service = f"arn:aws:autoscaling:{self.region}:{self.account}"
        return f"{service}:autoScalingGroup:0f0f:autoScalingGroupName/{name}"


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
        name.replace("__", ":").lower(): (value,) if name in _OF_MANY else value
        for name, value in keys.items()
    }
    context |= {f"aws:resourcetag/{key.lower()}": value for key, value in (resource_tags or {}).items()}
    if request_tags:
        context |= {f"aws:requesttag/{key.lower()}": value for key, value in request_tags.items()}
        context["aws:tagkeys"] = tuple(request_tags)
    return Request(action, resource, tuple(sorted(context.items())))


def policy(template: Mapping[str, Any], owner: str, account: Account) -> Policy:
    """The statements of a function's policy, as deployed in an account."""
    return parsed(account.policies(template, owner))


def parsed(documents: list[Document]) -> Policy:
    """The statements of several documents."""
    return [statement for document in documents for statement in parse_policy_document(document)]


def allows(policy: Policy, asked: Request, account: Account) -> bool:
    """Whether the policy alone allows the request."""
    # A request without tags has no aws:TagKeys; MiniStack's context has an empty list.
    context: dict[str, Any] = {"aws:tagkeys": None}
    context |= {key: list(value) if isinstance(value, tuple) else value for key, value in asked.context}
    asking = EvalContext(
        principal_arn=f"arn:aws:sts::{account.account}:assumed-role/function/session",
        principal_type="AssumedRole",
        principal_account=account.account,
        action=asked.action,
        resource_arn=asked.resource,
        region=account.region,
        service_context=context,
    )
    return bool(evaluate(asking, [policy]).decision == "Allow")


def owners(template: Mapping[str, Any]) -> list[str]:
    """The logical ids of the functions that have a policy."""
    return [
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function" and resource["Properties"].get("Policies")
    ]
