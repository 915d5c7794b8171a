"""The launch template of a group that is there before a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.client import Client


def make(client: Client, name: str, around: dict[str, Any]) -> str:
    """A template that belongs to the stack; its id."""
    return client.ec2.create_launch_template(
        LaunchTemplateName=name,
        LaunchTemplateData=data(around),
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": [mark(client)]}],
    )["LaunchTemplate"]["LaunchTemplateId"]


def mark(client: Client) -> Any:
    """The tag of what belongs to the stack."""
    return {"Key": "golden-image:stack", "Value": client.endpoints.stackName}


def data(around: dict[str, Any]) -> Any:
    """A launch template of the image, and of the type, security groups and profile of what was seeded."""
    found = {
        "ImageId": around["imageId"],
        "InstanceType": around["instanceType"],
        "SecurityGroupIds": around["securityGroupIds"],
    }
    if profile := around.get("instanceProfile"):
        found["IamInstanceProfile"] = {"Name": profile}
    return found
