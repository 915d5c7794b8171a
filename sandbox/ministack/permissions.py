"""The rights of a role, by the policies that the template gave it.

MiniStack checks the calls that come in over HTTP. A state machine and a schedule call from within it.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.core import iam_actions
from ministack.core.iam_evaluator import EvalContext, _gather_role_policies, evaluate
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, kms
from ministack.services import stepfunctions as states


def install() -> None:
    """Put this module's function around that of MiniStack."""
    iam_actions.extract_resource_arn = _around_resource(iam_actions.extract_resource_arn)
    iam_actions.request_tag_context = _around_tags(iam_actions.request_tag_context)


def _around_resource(known: Any) -> Any:
    """A call about an instance profile, a service-linked role, a parameter or a path of them names its ARN.

    MiniStack evaluates one resource a call, so a call for several parameters stays one about all.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagement.html
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
    """

    def resource(service: str, *request: Any) -> str:
        headers, body, parameters, region, account = request[2:7]
        target = headers.get("x-amz-target", "")
        if service == "ssm" and target.endswith(".GetParametersByPath"):
            return f"arn:aws:ssm:{region}:{account}:parameter{json.loads(body)['Path']}"
        if service == "ssm" and target.endswith(".GetParameters") and len(json.loads(body)["Names"]) == 1:
            (name,) = json.loads(body)["Names"]
            return f"arn:aws:ssm:{region}:{account}:parameter/{name.lstrip('/')}"
        names = {key: one[0] if isinstance(one, list) else one for key, one in parameters.items()}
        if service == "iam" and "AWSServiceName" in names:
            return f"arn:aws:iam::{account}:role/aws-service-role/{names['AWSServiceName']}/AWSServiceRole"
        name = names.get("InstanceProfileName") if service == "iam" else None
        if not name:
            return str(known(service, *request))
        there = iam._instance_profiles.get(name)
        return str(there["Arn"]) if there else f"arn:aws:iam::{account}:instance-profile/{name}"

    return resource


def _around_tags(known: Any) -> Any:
    """A call about a key is evaluated with the key's tags too.

    https://docs.aws.amazon.com/kms/latest/developerguide/tag-authorization.html
    """

    def context(service: str, action: str, body: bytes, *more: Any) -> dict[str, Any]:
        found: dict[str, Any] = known(service, action, body, *more)
        key = kms._resolve_key(json.loads(body).get("KeyId", "")) if service == "kms" else None
        tags = key["Tags"] if key else []
        return found | {f"aws:resourcetag/{tag['TagKey']}".lower(): tag["TagValue"] for tag in tags}

    return context


def authorized(resource: str) -> str:
    """The ARN that policies are asked about: for a version of a state machine, the state machine's.

    https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
    """
    return states._resolve_state_machine_arn(resource) or resource


def may(role_arn: str, action: str, resource: str) -> bool:
    """Whether the role's own policies allow the action on the resource."""
    account = get_account_id()
    role = role_arn.rsplit("/", 1)[-1]
    context = EvalContext(
        principal_arn=role_arn,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=authorized(resource),
        region=get_region(),
    )
    return bool(evaluate(context, _gather_role_policies(role, account)).decision == "Allow")
