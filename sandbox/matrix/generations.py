"""The generations of a group: those from before a run, and those that the run has written."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.matrix import images, launch_template

if TYPE_CHECKING:
    from sandbox.client import Client


def launching(
    client: Client, count: int, name: str, around: dict[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The newest of so many generations, as CreateAutoScalingGroup takes it, and the ids of all of it.

    Each is a version of one template, of one image that belongs to the stack.
    """
    root = around["volumeIds"][0]
    image, snapshot = images.registered(client, f"{name}-generations", root, launch_template.mark(client))
    template = launch_template.make(client, name, {**around, "imageId": image})
    for _ in range(count - 1):
        client.ec2.create_launch_template_version(
            LaunchTemplateId=template, SourceVersion="1", LaunchTemplateData={}
        )
    now = datetime.now(UTC)
    for number in range(1, count + 1):
        committed = now - timedelta(days=count - number + 1)
        generation = {
            "group": name,
            "number": number,
            "run": f"{client.endpoints.stateMachineArn.replace(':stateMachine:', ':execution:')}:before",
            "image": {"id": image, "name": f"{name}-generations", "snapshotIds": [snapshot]},
            "launchTemplate": {"id": template, "name": name, "version": number},
            "sourceInstanceId": around["instanceId"],
            "committedAt": committed.isoformat(timespec="milliseconds"),
        }
        put(client, generation)
    return {"LaunchTemplate": {"LaunchTemplateId": template, "Version": str(count)}}, [
        image,
        snapshot,
        template,
    ]


def put(client: Client, generation: dict[str, Any]) -> None:
    """Write a generation into the table."""
    item = {
        "group": {"S": generation["group"]},
        "number": {"N": str(generation["number"])},
        "run": {"S": generation["run"]},
        "imageId": {"S": generation["image"]["id"]},
        "generation": {"S": json.dumps(generation)},
    }
    client.aws("dynamodb").put_item(TableName=client.endpoints.generationsTable, Item=item)


def written(client: Client, group: str, run: str) -> list[int]:
    """The numbers of a group's generations that a run has written."""
    found = client.aws("dynamodb").query(
        TableName=client.endpoints.generationsTable,
        ConsistentRead=True,
        KeyConditionExpression="#group = :group",
        ExpressionAttributeNames={"#group": "group"},
        ExpressionAttributeValues={":group": {"S": group}},
    )
    return [int(item["number"]["N"]) for item in found["Items"] if item["run"]["S"] == run]
