"""The items of the ledger's table, by their key: read, and changed where a condition holds."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from golden_image import aws
from golden_image.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN = "run#"


def name() -> str:
    """The table's name."""
    return Settings.from_env().ledger_table


def at(key: str) -> dict[str, Any]:
    """An item's place, as calls of DynamoDB take it."""
    return {"TableName": name(), "Key": {"pk": {"S": key}}}


def get(key: str) -> dict[str, Any]:
    """An item; empty where there is none."""
    return dict(aws.client("dynamodb").get_item(**at(key), ConsistentRead=True).get("Item", {}))


def every(prefix: str, **projection: Any) -> Iterator[dict[str, Any]]:
    """The items whose keys begin with that."""
    pages = aws.client("dynamodb").get_paginator("scan")
    found = pages.paginate(
        TableName=name(),
        ConsistentRead=True,
        FilterExpression="begins_with(pk, :prefix)",
        ExpressionAttributeValues={":prefix": {"S": prefix}},
        **projection,
    )
    for page in found:
        yield from page["Items"]


def update(key: str, **change: Any) -> dict[str, Any] | None:
    """Change an item; what the change asks to be answered, or None where its condition does not hold."""
    with if_it_holds():
        return dict(aws.client("dynamodb").update_item(**at(key), **change).get("Attributes", {}))
    return None


@contextmanager
def if_it_holds() -> Iterator[None]:
    """Let a call whose condition does not hold change nothing."""
    try:
        yield
    except ClientError as error:
        if aws.code(error) != "ConditionalCheckFailedException":
            raise
