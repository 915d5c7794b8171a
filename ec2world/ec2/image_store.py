"""The images that there are, which become available in their time.

Sources: RegisterImage, CreateImage and DeregisterImage in the EC2 API Reference.
"""

import re
from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import InvalidAMIIdError, UnvailableAMIIdError
from moto.ec2.models.amis import Ami, AmiBackend
from moto.ec2.utils import generic_filter
from moto.ssm.models import ssm_backends

from ec2world.ec2.billing import Billing
from ec2world.ec2.descriptions import check_description
from ec2world.ec2.filters import passing
from ec2world.ec2.images import Image
from ec2world.ec2.instances import architectures_of_type
from ec2world.ec2.public_parameters import PUBLIC_IMAGES
from ec2world.wire.errors import AWSError

if TYPE_CHECKING:
    from ec2world.ec2.snapshots import TimedSnapshot
    from ec2world.virtual_time.scene import Scene

PUBLIC_OWNER = "137112412989"  # Amazon's account of the Amazon Linux images
# CreateImage answers before the snapshots of its image exist.
SNAPSHOTS_APPEAR_AFTER = 2.0
_NAME = re.compile(r"[A-Za-z0-9()\[\] ./\-'@_]{3,128}")
_ID = re.compile(r"ami-[0-9a-f]{8,17}")
_ALIAS = "resolve:ssm:"


class Images(AmiBackend):  # type: ignore[misc]
    """moto's images with time, and with what RegisterImage and CreateImage say."""

    scene: "Scene"
    own_images: dict[str, Image]

    def _load_amis(self) -> None:
        super()._load_amis()
        for ami in self.amis.values():
            billing = Billing.of_platform("windows" if ami.platform == "windows" else "linux")
            ami.platform = billing.platform
            ami.boot_mode = "uefi" if ami.architecture == "arm64" else None
            ami.platform_details, ami.usage_operation = billing.platform_details, billing.usage_operation
            ami.product_codes, ami.ena_support, ami.state_reason = [], True, None
            ami.sriov_net_support = ami.tpm_support = ami.imds_support = ami.uefi_data = None
            ami.public, ami.image_owner_alias = True, "amazon"

    def images_using(self, snapshot_id: str) -> list[Image]:
        """The account's images that a snapshot belongs to."""
        return [one for one in self.own_images.values() if snapshot_id in one.snapshot_ids()]

    def image_for_launch(self, image_id: str, instance_type: str) -> Image:
        """The image that a launch names, which must be available.

        An id that this world never saw is taken for a public image, as moto takes it, so that plain EC2
        calls can make sources from any image id.
        """
        image_id = self.resolved_image_id(image_id)
        if not _ID.fullmatch(image_id):
            raise AWSError("InvalidAMIID.Malformed", f'Invalid id: "{image_id}" (expecting "ami-...")')
        if image_id in self.deleted_amis:
            raise InvalidAMIIdError(image_id)
        image: Image | None = self.amis.get(image_id)
        if image is None:
            architecture = (architectures_of_type(instance_type) or ["x86_64"])[-1]
            image = self.public_image({"Name": image_id, "Architecture": architecture}, Billing(), image_id)
        if image.state != "available":
            raise AWSError(
                "InvalidAMIID.Unavailable", f"The image ID '{image_id}' is in the '{image.state}' state."
            )
        return image

    def resolved_image_id(self, image_id: str) -> str:
        """The image that a Systems Manager parameter names; any other id as it is.

        The parameter is looked for in this process; one that is on another server is not found.
        """
        if not image_id.startswith(_ALIAS):
            return image_id
        name = image_id.removeprefix(_ALIAS)
        if name in PUBLIC_IMAGES:
            return self.public_image(*PUBLIC_IMAGES[name]).id
        parameter = ssm_backends[self.account_id][self.region_name].get_parameter(name)
        if parameter is None:
            raise AWSError("InvalidParameterValue", f"The SSM parameter in '{image_id}' does not exist.")
        return str(parameter.value)

    def public_image(self, params: dict[str, Any], billing: Billing, image_id: str = "") -> Image:
        """An image of Amazon's with these attributes, the same one for the same attributes."""
        defaults = {
            "VirtualizationType": "hvm",
            "EnaSupport": True,
            "RootDeviceName": "/dev/sda1",
            "BlockDeviceMappings": [
                {
                    "DeviceName": "/dev/sda1",
                    "Ebs": {"VolumeSize": 8, "VolumeType": "gp2", "DeleteOnTermination": True},
                }
            ],
        }
        image = Image(self, {**defaults, **params}, billing, image_id)
        image.owner_id, image.owner_alias = PUBLIC_OWNER, "amazon"
        image.launch_permissions.append({"Group": "all"})
        self.amis[image.id] = image
        return image

    def own_image(self, params: dict[str, Any], billing: Billing) -> Image:
        """A pending image of this account; the caller puts its end on the clock."""
        self._check_name(params.get("Name", ""))
        check_description(params.get("Description"))
        image = Image(self, params, billing)
        image.state = "pending"
        self.amis[image.id] = self.own_images[image.id] = image
        return image

    def finish_image(self, image: Image, failure: str | None, snapshots: "list[TimedSnapshot]") -> None:
        """End the making of an image: available, or failed with a reason."""
        broken = next((one for one in snapshots if one.status == "error"), None)
        if broken is not None and failure is None:
            failure = f"Snapshot {broken.id} failed: {broken.state_message}"
        image.state = "failed" if failure else "available"
        if failure:
            image.state_reason = {"Code": "Server.InternalError", "Message": failure}

    def _check_name(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise AWSError(
                "InvalidAMIName.Malformed",
                "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', "
                "')', '.', '-', '/' and '_'",
            )
        for image in self.own_images.values():
            if image.name == name:
                raise AWSError(
                    "InvalidAMIName.Duplicate", f"AMI name {name} is already in use by AMI {image.id}"
                )

    def describe_images(
        self,
        ami_ids: list[str] | None = None,
        filters: dict[str, Any] | None = None,
        exec_users: list[str] | None = None,
        owners: list[str] | None = None,
    ) -> list[Ami]:
        """moto's DescribeImages, with short cuts around its 1,300 public images."""
        if filters is not None and set(filters) == {"image-id"} and not ami_ids and not owners:
            wanted = filters["image-id"]
            wanted = [wanted] if isinstance(wanted, str) else wanted
            return [self.amis[one] for one in wanted if one in self.amis]
        if ami_ids and all(one in self.amis for one in ami_ids):
            return generic_filter(filters or {}, [self.amis[one] for one in ami_ids])  # type: ignore[no-any-return]
        only_own = owners in (["self"], [self.account_id])
        if not ami_ids and (only_own or any(name.startswith("tag") for name in filters or {})):
            return passing(list(self.own_images.values()), filters, self.tags)
        missing = [one for one in ami_ids or [] if one not in self.amis and one not in self.deleted_amis]
        if missing and all(_ID.fullmatch(one) for one in missing):
            raise InvalidAMIIdError(missing)
        return super().describe_images(ami_ids, filters, exec_users, owners)  # type: ignore[no-any-return]

    def deregister_image(self, ami_id: str) -> list[str]:
        """Deregister an image; answers the snapshots that it had."""
        if ami_id in self.deleted_amis:
            raise UnvailableAMIIdError(ami_id)
        if ami_id not in self.own_images:
            raise InvalidAMIIdError(ami_id)
        image: Image = self.own_images.pop(ami_id)
        del self.amis[ami_id]
        self.deleted_amis.append(ami_id)
        self.tags.pop(ami_id, None)
        return image.snapshot_ids()
