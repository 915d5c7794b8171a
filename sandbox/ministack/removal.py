"""CloudFormation: what could not be deleted keeps everything that it depends on.

AWS deletes a resource only when nothing that depends on it is left. MiniStack tries each of them.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-dependson.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.services import cloudformation
from ministack.services.cloudformation import custom_resource, handlers, stacks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_HELD = "_held_back"


def install() -> None:
    """Put this module's functions around MiniStack's."""
    stacks._delete_resource = _holding_back(stacks._delete_resource)
    whole = _giving_back(stacks._delete_stack_async)
    stacks._delete_stack_async = handlers._delete_stack_async = whole
    # The sandbox listens on the IPv4 address alone.
    custom_resource._HOST = "127.0.0.1"


def _holding_back(delete: Callable[..., None]) -> Callable[..., None]:
    """The deletion of a resource; where it fails, the loop over the stack's resources meets none it needs."""

    def deleted(*resource: Any) -> None:
        try:
            delete(*resource)
        except Exception:
            *_, stack_name, logical_id = resource
            stack = cloudformation._stacks.get(stack_name) or {}
            if stack.get("StackStatus") == "DELETE_IN_PROGRESS":
                left = stack["_resources"]
                needed = stacks._with_dependencies([logical_id], stack["_template"]["Resources"], set(left))
                held = {name: left.pop(name) for name in needed - {logical_id} if name in left}
                stack.setdefault(_HELD, {}).update(held)
            raise

    return deleted


def _giving_back(delete: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """The deletion of a stack, at whose end the stack has again what was held back."""

    async def deleted(stack_name: str, *arguments: Any, **options: Any) -> None:
        # AWS lets a deletion that is under way go on, and begins no second one.
        if (cloudformation._stacks.get(stack_name) or {}).get("StackStatus") == "DELETE_IN_PROGRESS":
            return
        await delete(stack_name, *arguments, **options)
        stack = cloudformation._stacks.get(stack_name) or {}
        if held := stack.pop(_HELD, {}):
            stack["_resources"] |= held

    return deleted
