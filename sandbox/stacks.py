"""The resources of a stack, however many."""

from __future__ import annotations

from typing import Any


def resources_of(cloudformation: Any, stack: str) -> list[dict[str, Any]]:
    """The summaries of all resources of a stack; DescribeStackResources answers the first 100 only.

    Raises:
        ClientError: ValidationError, where there is no such stack.
    """
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    return [resource for page in pages for resource in page["StackResourceSummaries"]]
