"""The calls on images that differ from moto's."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.amis import AmisResponse

from ec2world.wire.errors import AWSError
from ec2world.wire.pages import page

_ATTRIBUTES = {
    "description": "Description",
    "sriovNetSupport": "SriovNetSupport",
    "bootMode": "BootMode",
    "tpmSupport": "TpmSupport",
    "uefiData": "UefiData",
    "imdsSupport": "ImdsSupport",
    "lastLaunchedTime": "LastLaunchedTime",
    "deregistrationProtection": "DeregistrationProtection",
}


class ImageCalls(AmisResponse):  # type: ignore[misc]
    """Register, create, describe and deregister."""

    def register_image(self) -> ActionResult:
        """An image of snapshots; tags of an image only."""
        tags = self._parse_tag_specification("image" if self._get_param("TagSpecifications") else None)
        self.error_on_dryrun()
        return ActionResult({"ImageId": self.ec2_backend.register(self.params, tags.get("image", {})).id})

    def create_image(self) -> ActionResult:
        """An image of an instance."""
        tags = self._parse_tag_specification()
        self.error_on_dryrun()
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        image = self.ec2_backend.create_image_of(
            instance, self.params, tags.get("image", {}), tags.get("snapshot", {})
        )
        return ActionResult({"ImageId": image.id})

    def copy_image(self) -> ActionResult:
        """A copy of an image, and of its snapshots."""
        tags = self._parse_tag_specification()
        self.error_on_dryrun()
        return ActionResult({"ImageId": self.ec2_backend.copy_of(self.params, tags).id})

    def describe_images(self) -> ActionResult:
        """Images by id, or pages of all that pass owners and filters; disabled ones only where asked for."""
        found = self.ec2_backend.describe_images(
            ami_ids=self._get_param("ImageIds", []),
            filters=self._filters_from_querystring(),
            exec_users=self._get_param("ExecutableUsers", []),
            owners=self._get_param("Owners", []),
        )
        if not self._get_param("IncludeDisabled"):
            found = [image for image in found if image.state != "disabled"]
        images, token = page(found, self._get_param("NextToken"), self._get_param("MaxResults"))
        return ActionResult({"Images": images, "NextToken": token})

    def describe_image_attribute(self) -> ActionResult:
        """One attribute; those that moto does not keep are answered here."""
        name, image_id = self._get_param("Attribute"), self._get_param("ImageId")
        if name not in _ATTRIBUTES:
            return super().describe_image_attribute()
        image = self.ec2_backend.describe_images(ami_ids=[image_id])[0]
        value = getattr(image, _snake(_ATTRIBUTES[name]), None)
        return ActionResult({"ImageId": image_id, _ATTRIBUTES[name]: {"Value": value}})

    def deregister_image(self) -> ActionResult:
        """Deregister; with DeleteAssociatedSnapshots also the snapshots that no other image needs."""
        self.error_on_dryrun()
        snapshot_ids = self.ec2_backend.deregister_image(self._get_param("ImageId"))
        if not self._get_param("DeleteAssociatedSnapshots"):
            return ActionResult({"Return": True})
        results = [{"SnapshotId": one, "ReturnCode": self._delete(one)} for one in snapshot_ids]
        return ActionResult({"Return": True, "DeleteSnapshotResults": results})

    def _delete(self, snapshot_id: str) -> str:
        if self.ec2_backend.images_using(snapshot_id):
            return "skipped"
        try:
            self.ec2_backend.delete_snapshot(snapshot_id)
        except AWSError:
            return "client-error"
        return "success"


def _snake(name: str) -> Any:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
