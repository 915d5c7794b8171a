"""IAM's service-linked role of Auto Scaling, with the name and the refusal that it has on AWS.

Sources: CreateServiceLinkedRole in the IAM API Reference (InvalidInput, 400), and "Service-linked roles for
Amazon EC2 Auto Scaling" in the Auto Scaling User Guide.
"""

from __future__ import annotations

from typing import Any

from ministack.services import iam

_SERVICE = "autoscaling.amazonaws.com"
_NAME = "AWSServiceRoleForAutoScaling"
_MINISTACKS_NAME = "AWSServiceRoleForAutoscaling"


def install() -> None:
    """Put this module's function around that of MiniStack."""
    iam._IAM_HANDLERS["CreateServiceLinkedRole"] = _around_create(iam._create_service_linked_role)


def _around_create(known: Any) -> Any:
    def create(parameters: Any) -> Any:
        if iam._p(parameters, "AWSServiceName") != _SERVICE:
            return known(parameters)
        if _NAME in iam._roles:
            message = (
                f"Service role name {_NAME} has been taken in this account, please try a different suffix."
            )
            return iam._error(400, "InvalidInput", message, ns="iam")
        status, headers, body = known(parameters)
        role = iam._roles.pop(_MINISTACKS_NAME)
        iam._roles[_NAME] = role | {
            "RoleName": _NAME,
            "Arn": role["Arn"].replace(_MINISTACKS_NAME, _NAME),
        }
        return status, headers, body.replace(_MINISTACKS_NAME.encode(), _NAME.encode())

    return create
