"""Images that keep every parameter they were registered with, and that become available in their time.

Sources: RegisterImage, CreateImage and DeregisterImage in the EC2 API Reference.
"""

import re
from typing import TYPE_CHECKING, Any

from moto.core.utils import utcnow
from moto.ec2.exceptions import InvalidAMIIdError, UnvailableAMIIdError
from moto.ec2.models.amis import Ami, AmiBackend
from moto.ec2.utils import generic_filter, random_ami_id
from moto.ssm.models import ssm_backends

from ec2world.ec2.billing import Billing
from ec2world.ec2.descriptions import check_description
from ec2world.ec2.filters import passing
from ec2world.ec2.instances import TimedInstance, architectures_of_type
from ec2world.ec2.public_parameters import PUBLIC_IMAGES
from ec2world.wire.errors import AWSError

if TYPE_CHECKING:
    from ec2world.ec2.block_store import TimedSnapshot
    from ec2world.virtual_time.scene import Scene

PUBLIC_OWNER = "137112412989"  # Amazon's account of the Amazon Linux images
# CreateImage answers before the snapshots of its image exist.
SNAPSHOTS_APPEAR_AFTER = 2.0
_NAME = re.compile(r"[A-Za-z0-9()\[\] ./\-'@_]{3,128}")
_ID = re.compile(r"ami-[0-9a-f]{8,17}")
_ALIAS = "resolve:ssm:"


class Image(Ami):  # type: ignore[misc]
    """An image made of stated parameters, in the words of RegisterImage.

    moto's own constructor invents a volume and its snapshot, so it is not called.
    """

    def __init__(self, backend: Any, params: dict[str, Any], billing: Billing, image_id: str = "") -> None:
        self.ec2_backend = backend
        self.id = image_id or random_ami_id()
        self.state = "available"
        self.state_reason: dict[str, str] | None = None
        self.name = params["Name"]
        self.description = params.get("Description", "")
        self.owner_id: str = backend.account_id
        self.owner_alias: str | None = None
        self.image_type = "machine"
        self.image_location = params.get("ImageLocation") or f"{backend.account_id}/{self.name}"
        self.architecture = params.get("Architecture", "i386")
        self.virtualization_type = params.get("VirtualizationType", "paravirtual")
        self.hypervisor = "xen"
        self.kernel_id, self.ramdisk_id = params.get("KernelId"), params.get("RamdiskId")
        self.root_device_type = "ebs"
        self.root_device_name = params.get("RootDeviceName", "/dev/sda1")
        self.ena_support = params.get("EnaSupport", False)
        self.sriov_net_support = params.get("SriovNetSupport")
        self.boot_mode = params.get("BootMode")
        self.tpm_support = params.get("TpmSupport")
        self.imds_support = params.get("ImdsSupport")
        self.uefi_data = params.get("UefiData")
        self.mappings: list[dict[str, Any]] = params.get("BlockDeviceMappings", [])
        self.platform = billing.platform
        self.platform_details = billing.platform_details
        self.usage_operation = billing.usage_operation
        self.product_codes = billing.product_codes
        self.creation_date = utcnow()
        self.instance_id = None
        self.launch_permissions: list[dict[str, str]] = []
        self.deprecation_time: str | None = None
        self.deregistration_protection = "disabled"
        self.protected_until = 0.0
        self.last_launched_time: str | None = None

    @property
    def block_device_mappings(self) -> list[dict[str, Any]]:
        """The mappings as registered."""
        return self.mappings

    @property
    def public(self) -> bool:
        """Whether everyone may launch it."""
        return bool(self.is_public)

    @property
    def image_owner_alias(self) -> str | None:
        """`amazon` for Amazon's own."""
        return self.owner_alias

    @property
    def billing(self) -> Billing:
        """The billing of a launch from it."""
        return Billing(self.platform, self.platform_details, self.usage_operation, self.product_codes)

    def snapshot_ids(self) -> list[str]:
        """The snapshots that its block devices are made from."""
        return [m["Ebs"]["SnapshotId"] for m in self.mappings if m.get("Ebs", {}).get("SnapshotId")]

    def give_to(self, instance: TimedInstance, *, uefi_capable: bool) -> None:
        """Give a launched instance what it has from its image."""
        instance.architecture = self.architecture
        instance.virtualization_type = self.virtualization_type
        instance.root_device_type, instance.root_device_name = self.root_device_type, self.root_device_name
        instance.ena_support, instance.enhanced_networking = self.ena_support, self.sriov_net_support
        instance.boot_mode, instance.nitro_tpm = self.boot_mode, self.tpm_support
        instance.uefi_data = self.uefi_data
        uefi = self.boot_mode == "uefi" or (self.boot_mode == "uefi-preferred" and uefi_capable)
        arm_default = self.boot_mode is None and self.architecture == "arm64"
        instance.current_instance_boot_mode = "uefi" if uefi or arm_default else "legacy-bios"
        instance.platform, instance.platform_details = self.platform, self.platform_details
        instance.usage_operation, instance.product_codes = self.usage_operation, list(self.product_codes)
        if self.imds_support == "v2.0" and instance.metadata_options.http_tokens == "optional":
            instance.metadata_options.http_tokens = "required"
            instance.metadata_options.http_put_response_hop_limit = 2

    def get_filter_value(self, filter_name: str, method_name: str | None = None) -> Any:
        """The value that a filter of DescribeImages compares."""
        if filter_name == "block-device-mapping.snapshot-id":
            return self.snapshot_ids()
        if filter_name == "product-code":
            return [one["ProductCodeId"] for one in self.product_codes]
        if filter_name in ("boot-mode", "tpm-support", "imds-support", "ena-support", "creation-date"):
            return getattr(self, filter_name.replace("-", "_")) or ""
        return super().get_filter_value(filter_name, method_name)


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
