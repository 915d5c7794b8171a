"""The table of generations: an item for each, with the group's name and the number as its key.

It outlives the stack. A run's number is taken by the condition that no generation has it yet.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from golden_image import aws, events
from golden_image.model.generation import Generation
from golden_image.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb.type_defs import PutTypeDef

_PAGE = 100


def name() -> str:
    """The table's name."""
    return Settings.from_env().generations_table


def find(group_name: str, number: int) -> Generation | None:
    """The group's generation of that number."""
    found = _asked(group_name, "#group = :group AND #number = :number", {":number": {"N": str(number)}})
    return next(iter(found), None)


def newest(group_name: str, limit: int, before: int | None = None) -> list[Generation]:
    """Generations of the group, newest first.

    Args:
        limit: how many at most, if they fit into the megabyte that DynamoDB answers.
        before: only those with lower numbers.
    """
    if before is None:
        return _asked(group_name, "#group = :group", {}, Limit=limit)
    low = {":before": {"N": str(before)}}
    return _asked(group_name, "#group = :group AND #number < :before", low, Limit=limit)


def every(group_name: str) -> Iterator[Generation]:
    """All generations of the group, newest first, read as they are needed."""
    found = newest(group_name, _PAGE)
    while found:
        yield from found
        found = newest(group_name, _PAGE, found[-1].number)


def all_groups() -> Iterator[Generation]:
    """All generations of all groups, in no order."""
    pages = aws.client("dynamodb").get_paginator("scan")
    for page in pages.paginate(TableName=name(), ProjectionExpression="generation"):
        yield from map(_read, page["Items"])


def put(generation: Generation) -> PutTypeDef:
    """A part of a transaction that writes the generation; its number must not be taken."""
    return {
        "TableName": name(),
        "Item": {
            "group": {"S": generation.group},
            "number": {"N": str(generation.number)},
            "run": {"S": generation.run},
            "imageId": {"S": generation.image.id},
            "generation": {"S": json.dumps(events.to_event(generation), ensure_ascii=False)},
        },
        "ConditionExpression": "attribute_not_exists(#group)",
        "ExpressionAttributeNames": {"#group": "group"},
    }


def _asked(group_name: str, condition: str, values: dict[str, Any], **more: Any) -> list[Generation]:
    names = {"#group": "group", **({"#number": "number"} if "#number" in condition else {})}
    found = aws.client("dynamodb").query(
        TableName=name(),
        ConsistentRead=True,
        ScanIndexForward=False,
        KeyConditionExpression=condition,
        ExpressionAttributeNames=names,
        ExpressionAttributeValues={":group": {"S": group_name}, **values},
        **more,
    )
    return [_read(item) for item in found["Items"]]


def _read(item: dict[str, Any]) -> Generation:
    return events.from_event(Generation, json.loads(item["generation"]["S"]))
