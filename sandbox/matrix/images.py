"""Images that are there before a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.client import Client


def registered(client: Client, name: str, root: str, *tags: Any) -> tuple[str, str]:
    """An image of a root volume and its snapshot, once both are complete; both get the tags."""
    ec2 = client.ec2
    snapshot = ec2.create_snapshot(VolumeId=root, TagSpecifications=_tagged("snapshot", tags))["SnapshotId"]
    ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot], WaiterConfig={"Delay": 0.05})  # type: ignore[typeddict-item]
    image = ec2.register_image(
        Name=name,
        Architecture="x86_64",
        RootDeviceName="/dev/sda1",
        VirtualizationType="hvm",
        EnaSupport=True,
        BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot}}],
        TagSpecifications=_tagged("image", tags),
    )["ImageId"]
    ec2.get_waiter("image_available").wait(ImageIds=[image], WaiterConfig={"Delay": 0.03})  # type: ignore[typeddict-item]
    return image, snapshot


def _tagged(kind: str, tags: Any) -> list[Any]:
    """What states the tags of what is made. EC2 refuses a specification without a tag."""
    return [{"ResourceType": kind, "Tags": [*tags]}] if tags else []
