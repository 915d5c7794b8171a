"""moto's EC2 backend with everything that this world adds to it."""

from typing import TYPE_CHECKING, Any

from moto.ec2.models import EC2Backend
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix

from ec2world.ec2.image_copying import ImageCopying
from ec2world.ec2.image_making import ImageMaking
from ec2world.ec2.launch_templates import Templates
from ec2world.ec2.launches import Launches
from ec2world.ec2.volume_modifications import VolumeModifications

if TYPE_CHECKING:
    from moto.ec2.models.instances import Reservation

    from ec2world.ec2.snapshots import TimedSnapshot
    from ec2world.ec2.spot import FulfilledSpotRequest
    from ec2world.virtual_time.scene import Scene


class WorldEC2(Launches, ImageMaking, ImageCopying, VolumeModifications, Templates, EC2Backend):  # type: ignore[misc]
    """One region's EC2."""

    def __init__(self, scene: "Scene", region_name: str, account_id: str) -> None:
        self.scene = scene
        self.instance_index = {}
        self.own_images = {}
        self.snapshots_of_volume: dict[str, list[TimedSnapshot]] = {}
        self.further_networks: dict[str, list[str]] = {}
        self.placement_groups: dict[str, str] = {}
        self.fulfilled_spot_requests: dict[str, FulfilledSpotRequest] = {}
        EC2Backend.__init__(self, region_name, account_id)

    def reset(self) -> None:
        """Nothing: a reset world makes new backends."""

    def describe_tags(self, filters: dict[str, list[str]] | None = None) -> list[dict[str, str]]:
        """moto's, which looks through all tags of the world, with a short cut for those of one resource."""
        ids = (filters or {}).get("resource-id", [])
        if len(filters or {}) != 1 or len(ids) != 1 or "*" in ids[0] or "?" in ids[0]:
            return super().describe_tags(filters)  # type: ignore[no-any-return]
        kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(ids[0]), "")
        tags: dict[str, Any] = self.tags.get(ids[0], {})
        return [
            {"resource_id": ids[0], "key": key, "value": value, "resource_type": kind}
            for key, value in tags.items()
        ]

    def tagged(self, kind: str, key: str, value: str) -> dict[str, dict[str, str]]:
        """The tags of each resource of a kind that has a tag, by its id."""
        return {
            resource_id: dict(tags)
            for resource_id, tags in self.tags.items()
            if tags.get(key) == value and EC2_PREFIX_TO_RESOURCE.get(get_prefix(resource_id)) == kind
        }

    def run_instances(
        self,
        image_id: str,
        count: int,
        user_data: Any,
        security_group_names: list[str],
        **kwargs: Any,
    ) -> "Reservation":
        """Launch for moto's own callers: Spot requests, fleets."""
        tags = kwargs.get("tags") or {}
        stated = {
            "ImageId": image_id,
            "UserData": user_data,
            "SecurityGroups": security_group_names,
            "SecurityGroupIds": [getattr(one, "id", one) for one in kwargs.get("security_group_ids") or []],
            "InstanceType": kwargs.get("instance_type"),
            "KeyName": kwargs.get("key_name"),
            "SubnetId": kwargs.get("subnet_id"),
            "LaunchTemplate": kwargs.get("launch_template"),
            "TagSpecifications": [
                {
                    "ResourceType": kind,
                    "Tags": [{"Key": key, "Value": value} for key, value in some.items()],
                }
                for kind, some in tags.items()
            ],
        }
        reservation = self.launch(self.resolved({key: one for key, one in stated.items() if one}), count)
        for instance in reservation.instances:
            instance.lifecycle = kwargs.get("lifecycle")
            instance.spot_type = "one-time" if instance.lifecycle == "spot" else None
        return reservation
