"""CloudFormation's answers about large stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.client import Client


def test_resources_beyond_the_first_100_are_only_listed(sandbox: Client) -> None:
    client, stack = sandbox.aws("cloudformation"), sandbox.endpoints.stackName

    pages = client.get_paginator("list_stack_resources").paginate(StackName=stack)
    listed = [one["LogicalResourceId"] for page in pages for one in page["StackResourceSummaries"]]
    described = client.describe_stack_resources(StackName=stack)["StackResources"]

    assert len(listed) > 100
    assert [one["LogicalResourceId"] for one in described] == listed[:100]
