"""CloudFormation's log groups, with the names that CloudFormation gives to other resources.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html
"""

from __future__ import annotations

from typing import Any

from ministack.services.cloudformation import provisioners

_TYPE = "AWS::Logs::LogGroup"
_LONGEST = 512


def install() -> None:
    """Put this module's functions in front of MiniStack's, which names them /aws/cloudformation/…."""
    provisioners._RESOURCE_HANDLERS[_TYPE] |= {"create": _create, "update": _update}


def _named(properties: dict[str, Any], stack: str, logical_id: str) -> dict[str, Any]:
    name = provisioners._physical_name(stack, logical_id, max_len=_LONGEST)
    return {"LogGroupName": name, **properties}


def _create(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
    return provisioners._cwlogs_create(logical_id, _named(properties, stack, logical_id), stack)


def _update(physical_id: str, old: dict[str, Any], new: dict[str, Any], stack: str, logical_id: str) -> Any:
    both = [_named(properties, stack, logical_id) for properties in (old, new)]
    return provisioners._cwlogs_update(physical_id, *both, stack, logical_id)
