"""CloudFormation's tables, state machines and topics, with all that a template says of them.

DescribeStackResources answers the first 100 resources of a stack, and MiniStack all of them.
MiniStack leaves out a table's expiry, recovery and encryption. It shows a state machine's logging in the
spelling of templates, and a topic without a display name with its name.
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-stepfunctions-statemachine.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.services import dynamodb
from ministack.services.cloudformation import handlers, provisioners

if TYPE_CHECKING:
    from collections.abc import Callable

_DESCRIBED, _END = 100, b"</member>"
_LOGGING, _EXPIRY = "LoggingConfiguration", "TimeToLiveSpecification"
_RECOVERY, _ENCRYPTION = "PointInTimeRecoverySpecification", "SSESpecification"


def install() -> None:
    """Put this module's functions around MiniStack's."""
    actions, kinds = handlers._ACTION_HANDLERS, provisioners._RESOURCE_HANDLERS
    actions["DescribeStackResources"] = _the_first(actions["DescribeStackResources"])
    table = kinds["AWS::DynamoDB::Table"]
    table["create"] = _whole_table(table["create"])
    machine = kinds["AWS::StepFunctions::StateMachine"]
    machine |= {name: _logging(machine[name]) for name in ("create", "update")}
    topic = kinds["AWS::SNS::Topic"]
    topic["create"] = _without_display_name(topic["create"])


def _the_first(describe: Callable[..., Any]) -> Callable[..., Any]:
    def described(parameters: Any) -> Any:
        status, headers, body = describe(parameters)
        *members, rest = body.split(_END)
        return status, headers, _END.join([*members[:_DESCRIBED], rest])

    return described


def _whole_table(create: Callable[..., Any]) -> Callable[..., Any]:
    def created(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        made = create(logical_id, properties, stack)
        name = made[0]
        if _EXPIRY in properties:
            dynamodb._update_ttl({"TableName": name, _EXPIRY: properties[_EXPIRY]})
        if _RECOVERY in properties:
            dynamodb._update_continuous_backups({"TableName": name, _RECOVERY: properties[_RECOVERY]})
        if _ENCRYPTION in properties:
            stated = properties[_ENCRYPTION]
            wanted = {**stated, "Enabled": stated.get("SSEEnabled")}
            dynamodb._tables[name]["SSEDescription"] = dynamodb._sse_description_from_spec(wanted)
        return made

    return created


def _logging(handler: Callable[..., Any]) -> Callable[..., Any]:
    """With the spelling of the API, which answers what was stored."""

    def handled(*arguments: Any, **options: Any) -> Any:
        plain = [
            {**one, _LOGGING: _camel(one[_LOGGING])} if isinstance(one, dict) and _LOGGING in one else one
            for one in arguments
        ]
        return handler(*plain, **options)

    return handled


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: _camel(one) for key, one in value.items()}
    return [_camel(one) for one in value] if isinstance(value, list) else value


def _without_display_name(create: Callable[..., Any]) -> Callable[..., Any]:
    def created(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        return create(logical_id, {"DisplayName": "", **properties}, stack)

    return created
